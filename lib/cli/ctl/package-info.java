/** The commands {@code ctl …}: drive the worker on this machine. */
package lib.cli.ctl;
