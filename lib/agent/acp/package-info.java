/** Agents that speak the Agent Client Protocol: JSON-RPC over their input and output. */
package lib.agent.acp;
