/** The commands {@code tasks …}: the server's tasks. */
package lib.cli.tasks;
