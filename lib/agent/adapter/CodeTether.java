package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.core.PrintableText;

/**
 * The CodeTether agent: its arguments, and both forms of what it prints. Later versions print a JSON object a line, with
 * {@code type} {@code run.…}; earlier ones print one object over several lines at the very end, of which {@code text} and
 * {@code session_id} are read, each by its line.
 */
public final class CodeTether implements Adapter {
  /** The first that is known to have {@code --format jsonl} and {@code --access-mode}; any of them takes {@code --format json}. */
  private static final SemanticVersion LINES = new SemanticVersion(4, 7, 5);
  private static final int MOST_ARGUMENT = 120 << 10; // Linux takes 128 KiB for one argument
  private static final Pattern FIELD = Pattern.compile(" {2}(\"(?:text|session_id)\": .*?),?");

  @Override
  public String kind() {
    return "codetether";
  }

  @Override
  public boolean recognizes(String name, String version) {
    return name.equals("codetether") || version.startsWith("codetether ");
  }

  @Override
  public boolean argvDependsOnVersion(Approval approval) {
    return true;
  }

  @Override
  public List<String> argv(LaunchSpec ask) {
    var lines = LINES.isIn(ask.version());
    var argv = new ArrayList<>(List.of(ask.program().toString(), "run", message(ask), "--agent", ask.agent(), "--format",
        lines ? "jsonl" : "json"));
    argv.addAll(Adapter.option("--model", ask.model()));
    argv.addAll(Adapter.option("--session", ask.session()));
    if (lines && ask.approval() != Approval.CONFIGURED) {
      argv.addAll(List.of("--access-mode", ask.approval() == Approval.ALL ? "full" : "approve"));
    }
    return argv;
  }

  /** It takes its prompt as an argument and nowhere else; what stands behind {@code --} is a folder to it. */
  private static String message(LaunchSpec ask) {
    var prompt = ask.prompt();
    if (prompt.getBytes(StandardCharsets.UTF_8).length > MOST_ARGUMENT || prompt.indexOf('\0') >= 0) {
      return "Your task is in the file " + ask.promptFile() + " and nowhere else. Read all of it, then do what it says.";
    }
    return prompt.startsWith("-") ? "\n" + prompt : prompt; // so that it is no option
  }

  @Override
  public boolean promptOnInput(LaunchSpec ask) {
    return false;
  }

  /** It says no more than that the session's file is not there, and says it before it begins. */
  @Override
  public boolean isSessionNotFound(String words) {
    return words.strip().replaceFirst("^Error: ", "").equals("No such file or directory (os error 2)");
  }

  @Override
  public Line parseLine(String line) {
    if (line.startsWith("  \"")) {
      var field = FIELD.matcher(line);
      return field.matches() ? field(line, Json.readObject("{" + field.group(1) + "}").orElse(null)) : Line.plain(line);
    }
    if (line.equals("{") || line.equals("}")) {
      return Line.of(new AgentEvent.Ignored(), null);
    }
    var object = line.startsWith("{") ? Json.readObject(line).orElse(null) : null;
    var type = object == null ? null : Json.text(object, "type");
    return type == null || !type.startsWith("run.") ? Line.plain(PrintableText.withoutEscapes(line))
        : Line.of(event(type.substring("run.".length()), object), Json.text(object, "session_id"));
  }

  private static Line field(String line, JsonNode field) {
    if (field == null) {
      return Line.plain(line);
    }
    var text = Json.text(field, "text");
    return text != null ? Line.of(new AgentEvent.Text(text), null)
        : Line.of(new AgentEvent.TurnEnded(AgentEvent.TurnEnded.STOP, 0, 0, 0, true), Json.text(field, "session_id"));
  }

  private static AgentEvent event(String type, JsonNode line) {
    return switch (type) {
      case "text_complete" -> new AgentEvent.Text(line.path("text").asText());
      case "tool_call_started" -> new AgentEvent.ToolCall(line.path("name").asText("tool"),
          Json.readObject(line.path("arguments").asText()).map(AgentEvent.ToolCall::about).orElse(""), null);
      case "tool_call_completed" -> line.path("success").asBoolean(true) ? new AgentEvent.Ignored()
          : new AgentEvent.ToolCall(line.path("name").asText("tool"), "", line.path("output").asText("failed"));
      case "patch_completed" -> Json.text(line.path("metadata"), "path", "file_path", "file") instanceof String file
          ? new AgentEvent.FileChanged(file) : new AgentEvent.Ignored();
      case "approval_requested" -> asked(line.path("tool").asText() + " " + line.path("action").asText());
      case "patch_approval_required" -> asked("a change of files");
      case "completed" -> turn(line.path("usage"));
      case "failed" -> new AgentEvent.AgentError(line.path("error").asText("the agent reported an error"), 0);
      default -> new AgentEvent.Ignored(); // chunks of text that comes whole as well, and times
    };
  }

  private static AgentEvent asked(String what) {
    return new AgentEvent.Question("approval requested: " + what, what);
  }

  private static AgentEvent turn(JsonNode usage) {
    return new AgentEvent.TurnEnded(AgentEvent.TurnEnded.STOP, usage.path("prompt_tokens").asLong(), usage.path("completion_tokens").asLong(), 0,
        true);
  }
}
