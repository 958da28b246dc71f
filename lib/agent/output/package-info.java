/** Reads what an agent writes: lines, transcript, outcome, usage limits. */
package lib.agent.output;
