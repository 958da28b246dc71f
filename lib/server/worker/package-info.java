/** The workers that are there, their open streams and their leases. */
package lib.server.worker;
