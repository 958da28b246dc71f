/** The commands {@code sessions …}: sessions that workers uploaded. */
package lib.cli.sessions;
