/** The tasks that resume agent sessions. */
package lib.server.session;
