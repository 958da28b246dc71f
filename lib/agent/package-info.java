/** Finds and inspects the agent program: its kind, version, models, environment, credentials. */
package lib.agent;
