/** The commands {@code config …}: settings, where they come from, whether they are right. */
package lib.cli.config;
