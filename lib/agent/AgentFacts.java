package lib.agent;

import module java.base;
import lib.agent.adapter.Adapter;

/**
 * What is known of the agent program on this machine at one moment. Immutable.
 *
 * @param program null when there is none
 * @param adapter its kind; null while unknown
 * @param version what it calls its version; null while unknown
 * @param models what it can use, in its own order; empty when it does not say
 * @param health whether it may have tasks, as far as their ends tell
 * @param doubt why no task can be started with it, whatever its health; null when one can
 */
public record AgentFacts(AgentProgram program, Adapter adapter, String version, List<String> models, AgentHealth health, String doubt) {

  /** Why no task gets an agent now; empty when one does. */
  public Optional<String> hold() {
    return doubt != null ? Optional.of(doubt) : health instanceof AgentHealth.Open open ? Optional.of(program.path() + " " + open.why())
        : Optional.empty();
  }
}
