package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.agent.adapter.AgentEvent;
import lib.core.Json;

/** The agent's tool calls that have not ended. Each comes in several messages, which add to each other. Not thread-safe. */
final class ToolCalls {
  private static final Set<String> CHANGING = Set.of("edit", "delete", "move");

  /** One call, as far as it is known. */
  private static final class Known {
    private String kind = "tool";
    private String title = "";
    private String about = "";
    private final Set<String> files = new LinkedHashSet<>();
    private boolean isShown;
  }

  private final Map<String, Known> calls = new HashMap<>();

  /**
   * Adds what a message says of a call.
   *
   * @param isAsked whether the agent asks for permission, so that people see the call before it begins
   * @return what people see of it
   */
  List<AgentEvent> add(JsonNode message, boolean isAsked) {
    var id = message.path("toolCallId").asText();
    var call = calls.computeIfAbsent(id, unknown -> new Known());
    call.kind = Objects.requireNonNullElse(Json.text(message, "kind"), call.kind);
    call.title = call.title.isEmpty() ? message.path("title").asText() : call.title;
    var about = AgentEvent.ToolCall.about(message.path("rawInput"));
    call.about = about.isEmpty() ? call.about : about;
    message.path("content").valueStream().filter(part -> part.path("type").asText().equals("diff"))
        .forEach(diff -> call.files.add(diff.path("path").asText()));
    if (CHANGING.contains(call.kind)) {
      message.path("locations").forEach(place -> call.files.add(place.path("path").asText()));
    }
    var status = isAsked ? "pending" : message.path("status").asText();
    var isOver = status.equals("completed") || status.equals("failed");
    var events = new ArrayList<AgentEvent>();
    if (!call.isShown && (isAsked || isOver || status.equals("in_progress") || !call.about.isEmpty())) {
      call.isShown = true;
      events.add(shown(call, null, id));
    }
    if (status.equals("failed")) {
      events.add(shown(call, failure(message), id));
    } else if (status.equals("completed")) {
      call.files.forEach(file -> events.add(new AgentEvent.FileChanged(file)));
    }
    if (isOver) {
      calls.remove(id);
    }
    return events;
  }

  private static AgentEvent shown(Known call, String failure, String id) {
    var about = !call.about.isEmpty() ? call.about : call.files.isEmpty() ? call.title : call.files.iterator().next();
    return new AgentEvent.ToolCall(call.kind, about, failure, id);
  }

  /** Whether a call only changes files below this folder, and says which. */
  boolean isEditBelow(String id, Path folder) {
    var call = calls.get(id);
    return call != null && call.kind.equals("edit") && !call.files.isEmpty() && call.files.stream().allMatch(file -> folder.resolve(file).normalize().startsWith(folder));
  }

  private static String failure(JsonNode message) {
    var words = message.path("content").valueStream().map(part -> part.path("content").path("text").asText()).filter(text -> !text.isBlank())
        .collect(Collectors.joining("\n"));
    return !words.isEmpty() ? words : Objects.requireNonNullElse(Json.text(message.path("rawOutput"), "error", "message"), "failed");
  }
}
