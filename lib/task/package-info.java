/**
 * Tasks from announcement to verdict: who we are to the server, which folders we offer, what is admitted and why, one writer
 * per folder, the attempt, the verdict, and the worker that owns them all and ends in order.
 */
package lib.task;
