/** Decides whether a task may run here and now, and knows which tasks run. */
package lib.worker.admission;
