/** The running worker's local socket: what it answers, and the client for it. The contract is {@code docs/control.md}. */
package lib.control;
