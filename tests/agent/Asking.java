package tests.agent;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.agent.Adapter;
import lib.agent.Adapter.Approval;
import lib.agent.Adapter.Ask;
import lib.agent.AgentEvent;

/** What the tests of adapters ask, and how they look at the answers. */
final class Asking {
  private Asking() {}

  static Ask ask(String version, String agent, String model, String session, Approval approval) {
    return new Ask(Path.of("agent"), version, agent, model, session, approval, List.of(), "do it", Path.of("/a/prompt"), Path.of("/w"));
  }

  static Ask prompted(String prompt) {
    return new Ask(Path.of("agent"), null, "build", null, null, Approval.CONFIGURED, List.of(), prompt, Path.of("/a/prompt"),
        Path.of("/w"));
  }

  static Ask with(String model, String session, String... args) {
    return new Ask(Path.of("agent"), null, "build", model, session, Approval.EDITS, List.of(args), "do it", Path.of("/a/prompt"),
        Path.of("/w"));
  }

  /** What all lines say, but for what says nothing. */
  static List<AgentEvent> events(Adapter adapter, String... lines) {
    var events = new ArrayList<AgentEvent>();
    for (var line : lines) {
      events.addAll(adapter.read(line).events());
    }
    events.removeIf(AgentEvent.Quiet.class::isInstance);
    return events;
  }
}
