/**
 * The embedded server: the CodeTether protocol as {@code serve} and {@code run --local} speak it. Workers, codebases, tasks and
 * output live in one SQLite database; open streams and leases live in memory and return after a restart.
 */
package lib.server;
