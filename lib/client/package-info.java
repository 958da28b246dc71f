/**
 * Calls a CodeTether server: one class for workers and tasks, one for sessions. Keeps no state but the path family found, and
 * never logs.
 */
package lib.client;
