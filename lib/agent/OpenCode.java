package lib.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lib.config.Json;

/**
 * The OpenCode command line, under whatever name it is installed: its arguments and its event lines, one JSON object per
 * line with {@code type}, {@code sessionID} and {@code part} or {@code error}.
 */
public final class OpenCode {
  private static final Set<String> EVENTS = Set.of("text", "tool_use", "step_start", "step_finish", "reasoning", "error");
  private static final String ASKS = "◆"; // it becomes another sign once the question is answered
  private static final int MAX_BODY = 4 << 10; // a provider's refusal is a few hundred characters; a proxy's page may be more
  private static final Set<String> CHANGING = Set.of("write", "edit", "multiedit", "patch", "apply_patch");

  /**
   * One line, read.
   *
   * @param sessionId the agent's session, or null when the line names none
   */
  public record Line(AgentEvent event, String sessionId) {}

  private OpenCode() {}

  /**
   * The arguments of a run. The prompt goes over stdin: exact bytes, no limit of 128 KiB, never taken for an option, and
   * not in the process list.
   */
  public static List<String> argv(String binary, String agentType, String model, String resumeSession) {
    var argv = new ArrayList<>(List.of(binary, "run", "--agent", agentType, "--format", "json"));
    if (model != null) {
      argv.addAll(List.of("--model", model));
    }
    if (resumeSession != null) {
      argv.addAll(List.of("--session", resumeSession));
    }
    return argv;
  }

  /** Reads any line; what is no event is plain text, never an error. Other JSON, a program's own output, is none. */
  public static Line read(String line) {
    if (line.startsWith("{")) {
      var object = Json.readObject(line);
      var session = object.map(o -> Json.text(o, "sessionID", "session_id", "sessionId")).orElse(null);
      var type = object.map(o -> Json.text(o, "type")).orElse(null);
      if (type != null && (EVENTS.contains(type) || session != null || object.get().path("part").isObject())) {
        return new Line(event(object.get()), session);
      }
    }
    return new Line(new AgentEvent.Plain(line), null);
  }

  /** The question in the first line of the box in which versions up to 1.0 ask for approval; null when it is none. */
  static String question(String line) {
    return line.startsWith(ASKS) ? line.substring(ASKS.length()).strip() : null;
  }

  /** Whether this is a further line of that box: one of the answers to choose from. */
  static boolean answer(String line) {
    return line.startsWith("│") || line.startsWith("└");
  }

  private static AgentEvent event(JsonNode line) {
    var part = line.path("part");
    return switch (line.path("type").asText()) {
      case "text" -> new AgentEvent.Said(part.path("text").asText());
      case "tool_use" -> tool(part);
      case "step_finish" -> new AgentEvent.Turn(part.path("reason").asText(), part.path("tokens").path("input").asLong(),
          part.path("tokens").path("output").asLong(), part.path("cost").asDouble());
      case "error" -> failure(line.path("error"));
      default -> new AgentEvent.Quiet();
    };
  }

  private static AgentEvent tool(JsonNode part) {
    var state = part.path("state");
    var input = state.path("input");
    var name = part.path("tool").asText("tool");
    var file = Json.text(input, "filePath", "file_path", "path");
    var about = Json.text(input, "command", "filePath", "file_path", "path", "pattern", "url", "query", "description");
    var failed = state.path("status").asText().equals("error");
    var reason = Json.text(state, "error");
    return new AgentEvent.Used(name, about == null ? "" : about, failed ? reason == null ? "failed" : reason : null,
        !failed && CHANGING.contains(name) ? file : null);
  }

  private static AgentEvent failure(JsonNode error) {
    if (error.isTextual()) {
      return new AgentEvent.Failed(error.asText(), 0);
    }
    var data = error.path("data");
    var message = Json.text(data, "message");
    var name = Json.text(error, "message", "name");
    return new AgentEvent.Failed(message != null ? message : name != null ? name : "the agent reported an error",
        data.path("statusCode").asInt(0), detail(data));
  }

  private static String detail(JsonNode data) {
    var detail = new StringBuilder();
    for (var header : new String[] {"retry-after-ms", "retry-after"}) {
      var value = Json.text(data.path("responseHeaders"), header);
      detail.append(value == null ? "" : header + ": " + value + "\n");
    }
    var body = data.path("responseBody").asText();
    return detail.append(body, 0, Math.min(body.length(), MAX_BODY)).toString();
  }
}
