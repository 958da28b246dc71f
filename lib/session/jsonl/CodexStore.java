package lib.session.jsonl;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Environment;
import lib.core.Json;
import lib.session.MessageBuilder;
import lib.session.Session;

/**
 * Codex's logs: {@code sessions/YYYY/MM/DD/rollout-TIME-ID.jsonl} below {@code CODEX_HOME}, else {@code ~/.codex}. A line is
 * {@code {timestamp, type, payload}}. Messages have no ids, so they are numbered; an answer is what the model said up to the next
 * outcome or prompt. Left out are sub-agents' sessions, archived ones, and logs without {@code session_meta}. A log that Codex
 * compressed keeps its last session as long as this process remembers it.
 */
public final class CodexStore extends LogStore {
  public static final String KIND = "codex";
  /** What Codex itself puts before the user's prompt. */
  private static final Pattern SURROUNDINGS = Pattern.compile(
      "(?s)\\s*(<(environment_context|user_instructions|permissions instructions|INSTRUCTIONS|skills?)\\b.*|# AGENTS\\.md instructions.*)");

  private final Path home;

  /** What the lines of a log say. */
  private static final class Log extends SessionLog {
    private JsonNode meta;
    private String model;
    private boolean isAnswered = true;

    private Log(int max) {
      super(max);
    }

    @Override
    public void accept(ObjectNode line) {
      var payload = line.path("payload");
      var type = line.path("type").asText();
      var at = at(line);
      if (meta == null) {
        meta = type.equals("session_meta") ? payload : Json.object();
      }
      switch (type) {
        case "turn_context" -> model = or(Json.text(payload, "model"), model);
        case "response_item" -> item(payload, at);
        case "event_msg" -> tokens(payload);
        default -> { } // states that are no messages
      }
    }

    private void item(JsonNode item, Instant at) {
      switch (item.path("type").asText()) {
        case "message" -> message(item, at);
        case "reasoning" -> item.path("summary").forEach(s -> messages.text(answer(at), "reasoning", s.path("text").asText()));
        case "function_call", "custom_tool_call", "local_shell_call", "web_search_call" -> messages.call(answer(at),
            item.path("name").asText(item.path("type").asText().replace("_call", "")), Json.text(item, "call_id", "id"), input(item));
        case "function_call_output", "custom_tool_call_output" -> {
          isAnswered = true;
          outcome(item);
        }
        default -> { } // later kinds
      }
    }

    private void message(JsonNode item, Instant at) {
      var texts = item.path("content").valueStream().map(part -> part.path("text").asText())
          .filter(text -> !text.isEmpty() && !SURROUNDINGS.matcher(text).matches()).toList();
      switch (item.path("role").asText()) {
        case "assistant" -> texts.forEach(text -> messages.text(answer(at), "text", text));
        case "user" -> {
          if (!texts.isEmpty()) {
            isAnswered = true;
            prompt(nextId(), at, texts);
          }
        }
        default -> { } // the system's and the developer's are Codex's own
      }
    }

    private String id() {
      return Json.text(meta, "id", "session_id");
    }

    private String nextId() {
      return id() + "-" + messages.count();
    }

    private MessageBuilder.Draft answer(Instant at) {
      if (isAnswered) {
        isAnswered = false;
        var provider = Json.text(meta, "model_provider");
        messages.draft(nextId(), "assistant", at).model = model == null ? null : or(provider, "openai") + "/" + model;
      }
      return messages.last();
    }

    private static JsonNode input(JsonNode item) {
      var text = Json.text(item, "arguments", "input");
      try {
        return text != null ? Json.read(text) : item.path("action");
      } catch (JsonProcessingException e) {
        return TextNode.valueOf(text); // a tool that takes plain text
      }
    }

    private void outcome(JsonNode item) {
      var output = item.path("output");
      var text = output.isTextual() ? output.asText() : output.path("content").isTextual() ? output.path("content").asText()
          : output.valueStream().map(part -> part.path("text").asText()).reduce("", String::concat);
      messages.outcome(Json.text(item, "call_id"), output.path("success").isBoolean() && !output.path("success").asBoolean(), text);
    }

    private void tokens(JsonNode event) {
      var usage = event.path("info").path("last_token_usage");
      var last = messages.last();
      if (event.path("type").asText().equals("token_count") && usage.isObject() && last != null && last.isAssistant()) {
        var cached = usage.path("cached_input_tokens").asLong();
        var tokens = Json.object().put("input", usage.path("input_tokens").asLong() - cached) // here it holds the cached ones
            .put("output", usage.path("output_tokens").asLong()).put("reasoning", usage.path("reasoning_output_tokens").asLong());
        tokens.putObject("cache").put("read", cached).put("write", 0);
        last.tokens = tokens;
      }
    }

    @Override
    Session session() {
      if (meta == null) {
        return null;
      }
      var folder = Session.folder(Json.text(meta, "cwd"));
      var isSubAgent = "subagent".equals(Json.text(meta, "thread_source", "source")) || meta.path("source").has("subagent")
          || Json.text(meta, "parent_thread_id") != null;
      if (isSubAgent || messages.count() == 0 || !Session.isName(id()) || folder == null) {
        return null;
      }
      return new Session(id(), KIND, Session.title(prompt), folder, null, created, updated, messages.count(), Json.object(),
          Json.text(meta, "cli_version"));
    }
  }

  /** Reads Codex's folder, which need not exist. */
  public CodexStore(Path home) {
    super(KIND, home.resolve("sessions"));
    this.home = home;
  }

  /** Where the user of this environment has it. */
  public static Path location(Environment env) {
    var named = env.var("CODEX_HOME");
    return named == null ? env.home().resolve(".codex") : env.path(named, env.cwd());
  }

  /** The logs of all days, also of compressed files under the name that they had. */
  @Override
  protected Set<Path> files() throws IOException {
    var logs = new LinkedHashSet<>(find(location(), 3, "rollout-", LOG));
    find(location(), 3, "rollout-", LOG + ".zst").forEach(log -> logs.add(log.resolveSibling(name(log))));
    return logs;
  }

  @Override
  SessionLog reader(Path log, int max) {
    return new Log(max);
  }

  /** Gives sessions the names that their users gave them. */
  @Override
  public List<Session> sessions(String id) throws IOException {
    var names = new HashMap<String, String>();
    if (Files.exists(home.resolve("session_index.jsonl"))) {
      read(home.resolve("session_index.jsonl"), line -> names.put(Json.text(line, "id"), Json.text(line, "thread_name")));
    }
    return super.sessions(id).stream().map(s -> names.get(s.id()) == null ? s : s.with(names.get(s.id()), s.messages())).toList();
  }
}
