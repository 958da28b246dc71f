package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.core.PrintableText;
import lib.protocol.Task;

/**
 * Claude Code: its arguments, and the lines of {@code --output-format stream-json}, one JSON object each with {@code type} and
 * {@code session_id}. A call of a tool and its result are two lines, a result names only the call's id. Lines of sub-agents carry
 * {@code parent_tool_use_id} and are not the agent's own words. Qwen Code prints the same lines.
 */
public final class ClaudeCode implements Adapter {
  /** How it calls the tool that asks to leave plan mode: nobody is there to say yes, and the plan is what was wanted. */
  private static final String PLANNED = "ExitPlanMode";
  private static final String CUT = "its provider's answer was cut off";
  private static final String UNASKED = "it was not asked, the agent took the prompt for a command of its own";
  /** The first whose cost is that of the session: before, a resumed session began at zero. */
  private static final SemanticVersion COUNTS_SESSION = new SemanticVersion(2, 1, 246);

  @Override
  public String kind() {
    return "claude";
  }

  @Override
  public boolean recognizes(String name, String version) {
    return name.equals("claude") || version.endsWith("(Claude Code)");
  }

  @Override
  public List<String> argv(LaunchSpec ask) {
    var argv = new ArrayList<>(List.of(ask.program().toString(), "-p", "--output-format", "stream-json", "--verbose"));
    argv.addAll(Adapter.option("--model", ask.model() == null ? null : ask.model().replaceFirst("^anthropic/", "")));
    argv.addAll(Adapter.option("--resume", ask.session()));
    argv.addAll(ask.agent().equals("plan") ? List.of("--permission-mode", "plan") : switch (ask.approval()) {
      case CONFIGURED -> List.of();
      case EDITS -> List.of("--permission-mode", "acceptEdits");
      case ALL -> List.of("--dangerously-skip-permissions");
    });
    return argv;
  }

  /** A blank before it keeps a slash from naming a command, of which many ask no model; what the user made is known to the model. */
  @Override
  public String prompt(String text) {
    return text.startsWith("/") ? " " + text : text;
  }

  @Override
  public boolean isSessionNotFound(String words) {
    return words.contains("No conversation found with session ID") || words.contains("--resume requires a valid session ID");
  }

  /** The words that servers use. All but {@code plan} mean the same to it. */
  @Override
  public Set<String> ownAgents() {
    return Task.AGENT_TYPES;
  }

  @Override
  public Line parseLine(String line) {
    var object = line.startsWith("{") ? Json.readObject(line).orElse(null) : null;
    var type = object == null ? null : Json.text(object, "type");
    var session = object == null ? null : Json.text(object, "session_id");
    if (type == null || session == null && !type.equals("rate_limit_event")) {
      return Line.plain(PrintableText.withoutEscapes(line));
    }
    var isOwn = Json.text(object, "parent_tool_use_id") == null;
    var events = switch (type) {
      case "assistant" -> isOwn ? said(object) : List.<AgentEvent>of();
      case "user" -> results(object).stream().filter(event -> isOwn || event instanceof AgentEvent.FileChanged).toList();
      case "result" -> result(object);
      case "system" -> system(object);
      case "rate_limit_event" -> limit(object.path("rate_limit_info"));
      default -> List.<AgentEvent>of();
    };
    return new Line(events.isEmpty() ? List.of(new AgentEvent.Ignored()) : events, session);
  }

  private static List<AgentEvent> system(JsonNode line) {
    return switch (line.path("subtype").asText()) {
      case "init" -> COUNTS_SESSION.isIn(Json.text(line, "claude_code_version")) ? List.of(new AgentEvent.CountsSession()) : List.of();
      case "api_retry" -> retry(line);
      case "task_started" -> List.of(new AgentEvent.BackgroundTask(line.path("task_id").asText(), true));
      case "task_notification" -> List.of(new AgentEvent.BackgroundTask(line.path("task_id").asText(), false));
      default -> List.of();
    };
  }

  /** A failure of the provider also comes as text of the agent; the result, which follows, is the one that counts. */
  private static List<AgentEvent> said(JsonNode line) {
    var blocks = line.path("message").path("content");
    if (Json.text(line, "error") != null) {
      return List.of(new AgentEvent.Retrying(text(blocks)));
    }
    var events = new ArrayList<AgentEvent>();
    for (var block : blocks) {
      switch (block.path("type").asText()) {
        case "text" -> events.add(new AgentEvent.Text(block.path("text").asText()));
        case "tool_use", "server_tool_use" ->
            events.add(new AgentEvent.ToolCall(block.path("name").asText("tool"), AgentEvent.ToolCall.about(block.path("input")), null,
                Json.text(block, "id")));
        default -> { } // thinking, and what later versions think of
      }
    }
    return events;
  }

  private static List<AgentEvent> results(JsonNode line) {
    var events = new ArrayList<AgentEvent>();
    for (var block : line.path("message").path("content")) {
      if (block.path("is_error").asBoolean()) {
        var why = block.path("content").isTextual() ? block.path("content").asText() : text(block.path("content"));
        events.add(new AgentEvent.ToolCall("tool", "", why.isBlank() ? "failed" : why, Json.text(block, "tool_use_id")));
      }
    }
    var result = line.path("tool_use_result");
    var file = Json.text(result, "filePath", "notebook_path");
    if (events.isEmpty() && file != null && (result.path("structuredPatch").isArray() || result.has("edit_mode"))) {
      events.add(new AgentEvent.FileChanged(file));
    }
    return events;
  }

  private static List<AgentEvent> result(JsonNode line) {
    var isFailure = line.path("is_error").asBoolean() || line.path("subtype").asText().startsWith("error");
    if (!isFailure && (line.path("num_turns").asInt(1) == 0 || line.path("duration_api_ms").asLong(1) == 0)) {
      return List.of(new AgentEvent.TurnEnded(UNASKED, 0, 0, 0)); // a resumed session may begin with one
    }
    var events = new ArrayList<AgentEvent>();
    for (var denial : line.path("permission_denials")) {
      if (!denial.path("tool_name").asText().equals(PLANNED)) {
        events.add(new AgentEvent.ToolDenied(denial.path("tool_use_id").asText()));
      }
    }
    if (isFailure) {
      events.add(new AgentEvent.AgentError(error(line), line.path("api_error_status").asInt(0)));
    }
    var usage = line.path("usage"); // of this turn and without sub-agents, where there is the other
    var models = line.path("modelUsage");
    var in = models.isEmpty() ? sum(usage, "input_tokens", "cache_creation_input_tokens") : 0;
    var out = models.isEmpty() ? sum(usage, "output_tokens") : 0;
    for (var model : models) {
      in += sum(model, "inputTokens", "cacheCreationInputTokens");
      out += sum(model, "outputTokens");
    }
    events.add(new AgentEvent.TurnEnded(reason(line), in, out, line.path("total_cost_usd").asDouble(), true));
    return events;
  }

  private static long sum(JsonNode counts, String... kinds) {
    return Arrays.stream(kinds).mapToLong(kind -> counts.path(kind).asLong()).sum();
  }

  private static String error(JsonNode line) {
    var result = Objects.requireNonNullElse(Json.text(line, "result"), "");
    var errors = String.join("; ", Json.texts(line, "errors"));
    var message = Json.text(line.path("error"), "message");
    return !result.isBlank() ? result : !errors.isEmpty() ? errors : message != null ? message : switch (line.path("subtype").asText()) {
      case "error_max_turns" -> "the agent has used up the turns that it is allowed";
      case "error_max_budget_usd" -> "the agent has used up the money that it is allowed";
      default -> "the agent failed: " + line.path("subtype").asText();
    };
  }

  /**
   * Why it ended. A stream that the provider cut has no reason and nothing counted, or still that of the turn before, which called
   * tools; some versions never give the reason.
   */
  private static String reason(JsonNode line) {
    var reason = Json.text(line, "stop_reason");
    if (reason == null) {
      return line.path("stop_reason").isNull() && line.path("num_turns").asInt() > 0
          && line.path("usage").path("output_tokens").asLong(1) == 0 ? CUT : AgentEvent.TurnEnded.STOP;
    }
    return switch (reason) {
      case "end_turn", "stop_sequence" -> AgentEvent.TurnEnded.STOP;
      case "tool_use" -> CUT;
      default -> reason;
    };
  }

  private static List<AgentEvent> retry(JsonNode line) {
    var status = line.path("error_status").asInt(); // none when there was no answer
    var message = "its provider " + (status == 0 ? "gave no whole answer" : "answered with status " + status) + " ("
        + line.path("error").asText() + "), attempt " + line.path("attempt").asInt() + " of " + line.path("max_retries").asInt();
    var pause = "retry-after-ms: " + line.path("retry_delay_ms").asLong();
    return List.of(new AgentEvent.Retrying(new AgentEvent.AgentError(message, status, pause)));
  }

  /** @param info as long as {@code status} is {@code allowed} or {@code allowed_warning} it says nothing that matters here */
  private static List<AgentEvent> limit(JsonNode info) {
    if (!info.path("status").asText().equals("rejected")) {
      return List.of();
    }
    return List.of(new AgentEvent.Retrying("the usage limit of the subscription is reached" + until(info.path("resetsAt").asLong())));
  }

  private static String until(long seconds) {
    try {
      return seconds <= 0 ? "" : ", it resets at " + Instant.ofEpochSecond(seconds);
    } catch (DateTimeException e) {
      return ""; // a number that is no time says nothing
    }
  }

  private static String text(JsonNode blocks) {
    return blocks.valueStream().map(block -> block.path("text").asText()).collect(Collectors.joining("\n")).strip();
  }
}
