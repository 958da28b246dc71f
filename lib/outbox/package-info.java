/** Delivers each attempt's output and reports to the server, in order, until it has taken or refused them. */
package lib.outbox;
