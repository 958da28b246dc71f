package tests.agent.adapter;

import module java.base;
import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter.LaunchSpec;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent;

/** Launch specifications for the tests of adapters, and the events of lines. */
final class LaunchSpecs {
  private LaunchSpecs() {}

  static LaunchSpec ask(String version, String agent, String model, String session, Approval approval) {
    return new LaunchSpec(Path.of("agent"), version, agent, model, session, approval, List.of(), "do it", Path.of("/a/prompt"), Path.of("/w"));
  }

  static LaunchSpec prompted(String prompt) {
    return new LaunchSpec(Path.of("agent"), null, "build", null, null, Approval.CONFIGURED, List.of(), prompt, Path.of("/a/prompt"),
        Path.of("/w"));
  }

  static LaunchSpec with(String model, String session, String... args) {
    return new LaunchSpec(Path.of("agent"), null, "build", model, session, Approval.EDITS, List.of(args), "do it", Path.of("/a/prompt"),
        Path.of("/w"));
  }

  /** The events of all lines, without the ignored ones. */
  static List<AgentEvent> events(Adapter adapter, String... lines) {
    var events = new ArrayList<AgentEvent>();
    for (var line : lines) {
      events.addAll(adapter.parseLine(line).events());
    }
    events.removeIf(AgentEvent.Ignored.class::isInstance);
    return events;
  }
}
