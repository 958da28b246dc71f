/**
 * Agent command lines: finding them, their arguments and event lines, the supervisor that runs one beyond the worker's own
 * life, its files, and ending all it started. It knows nothing of the server; the outbox reads its transcripts.
 */
package lib.agent;
