/** The agent sessions that workers upload, and the tasks that resume them. */
package lib.server.session;
