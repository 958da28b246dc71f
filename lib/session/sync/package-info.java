/** Uploads the sessions of this machine: one protocol for every server, and only what changed. */
package lib.session.sync;
