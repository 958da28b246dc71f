/** The commands {@code outbox …}: reports that have not reached their server. */
package lib.cli.outbox;
