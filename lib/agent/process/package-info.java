/** Runs an agent: attempt directory, supervisor, process tree, directory lock, budget, silence. */
package lib.agent.process;
