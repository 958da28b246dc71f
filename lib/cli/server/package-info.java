/** The commands {@code server …}: what the embedded server keeps. */
package lib.cli.server;
