/** The tables of the server's database. */
package lib.server.db;
