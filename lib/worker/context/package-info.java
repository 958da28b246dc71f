/** What every part of a worker shares: identity, events, loops that restart. */
package lib.worker.context;
