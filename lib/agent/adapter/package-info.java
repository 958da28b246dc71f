/** One class per agent CLI: arguments in, events out. */
package lib.agent.adapter;
