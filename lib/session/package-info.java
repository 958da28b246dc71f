/**
 * The sessions that agent CLIs keep on this machine: read from their stores as they are, never written, and told to the
 * server when they have changed.
 */
package lib.session;
