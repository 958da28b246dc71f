/**
 * Everything that leaves: the journal that knows what was intended, done and sent, and the couriers that deliver each
 * task's reports and output in order until the server has taken or refused them; and the gate that masks secrets in all of
 * it. It knows nothing of agents.
 */
package lib.outbox;
