/**
 * The settings: one table whose rows make the flags, the variables, the JSON keys, the manual and the checks.
 * It reads no clock and no environment of its own; {@link lib.core.Environment} is passed in.
 */
package lib.config;
