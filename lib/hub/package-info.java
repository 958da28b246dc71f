/**
 * The embedded server: the CodeTether protocol as {@code serve} and {@code run --local} speak it. Workers, codebases,
 * tasks and output live in one SQLite database whose statements PostgreSQL takes as well; open streams and leases live
 * in memory and grow back by themselves after a restart.
 *
 * <p>From the outside in: {@link lib.hub.Hub} starts and stops it all, {@code Web} and {@code Guard} turn exchanges into
 * requests, {@code Routes} names the calls, {@code Tasks}, {@code Outputs}, {@code Workers}, {@code Codebases} and
 * {@code Sessions} keep the state, {@code Transition} and {@code Routing} are the rules, {@code Fleet} and {@code Dispatch} tell workers.
 */
package lib.hub;
