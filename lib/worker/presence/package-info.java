/** What the server knows of this worker: handshake, registration, heartbeat, lease, sessions. */
package lib.worker.presence;
