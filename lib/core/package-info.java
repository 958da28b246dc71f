/** What everything may use: the user-facing problem, the version, JSON, the clock, the environment, printable text. */
package lib.core;
