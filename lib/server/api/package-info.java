/** The routes of the protocol. */
package lib.server.api;
