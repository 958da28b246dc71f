/**
 * The CodeTether server's protocol as a client sees it: records, path families, one HTTP class, the event stream, retry
 * policies. It knows nothing of workers or agents, keeps no state but the path family found, and never logs.
 */
package lib.wire;
