/** The worker itself: wiring, the scheduler, shutdown, status, and the daemon around it. */
package lib.worker;
