/** Restores unfinished attempts after a restart and deletes old ones. */
package lib.worker.recovery;
