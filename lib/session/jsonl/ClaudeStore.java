package lib.session.jsonl;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Environment;
import lib.core.Json;
import lib.session.Session;

/**
 * Claude Code's logs: {@code projects/FOLDER/SESSION.jsonl} below {@code CLAUDE_CONFIG_DIR}, else {@code ~/.claude}. One answer
 * of the model is several lines of one {@code message.id}, one for each block. Titles have lines of their own kind. The outcome
 * of a tool call is a user's line, and part of the call here. Left out is all of sub-agents: lines with {@code isSidechain},
 * files {@code agent-*.jsonl} and folders beside a log.
 */
public final class ClaudeStore extends LogStore {
  public static final String KIND = "claude";
  private static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  /** What the lines of a log say. */
  private static final class Log extends SessionLog {
    private final String id;
    private Path folder;
    private String version;
    private String custom;
    private String generated;
    private String summary;

    private Log(String id, int max) {
      super(max);
      this.id = id;
    }

    @Override
    public void accept(ObjectNode line) {
      switch (line.path("type").asText()) {
        case "custom-title" -> custom = or(Json.text(line, "customTitle"), custom);
        case "ai-title" -> generated = or(Json.text(line, "aiTitle"), generated);
        case "summary" -> summary = or(Json.text(line, "summary"), summary);
        case "user", "assistant" -> message(line);
        default -> { } // bookkeeping, of which each version has more
      }
    }

    private void message(ObjectNode line) {
      if (line.path("isSidechain").asBoolean()) {
        return;
      }
      folder = folder == null ? Session.folder(Json.text(line, "cwd")) : folder;
      version = or(version, Json.text(line, "version"));
      if (line.path("type").asText().equals("assistant")) {
        answer(line, at(line));
      } else {
        said(line, at(line));
      }
    }

    private void answer(ObjectNode line, Instant at) {
      var message = line.path("message");
      var draft = messages.draft(or(Json.text(message, "id"), line.path("uuid").asText()), "assistant", at);
      var model = Json.text(message, "model");
      draft.model = model == null || model.startsWith("<") ? draft.model : "anthropic/" + model; // <synthetic>: the CLI's own words
      if (message.path("usage").isObject()) { // each line of an answer repeats it, the last one counts
        draft.tokens = tokens(message.path("usage"));
      }
      for (var block : message.path("content")) {
        switch (block.path("type").asText()) {
          case "text" -> messages.text(draft, "text", block.path("text").asText());
          case "thinking" -> messages.text(draft, "reasoning", block.path("thinking").asText());
          case "tool_use" -> messages.call(draft, Json.text(block, "name"), Json.text(block, "id"), block.path("input"));
          default -> { } // pictures and later kinds
        }
      }
    }

    private void said(ObjectNode line, Instant at) {
      var content = line.path("message").path("content");
      var id = Json.text(line, "uuid");
      var texts = line.path("isMeta").asBoolean() || id == null ? List.<String>of() : texts(content); // meta: the CLI's own words
      if (!texts.isEmpty()) {
        prompt(id, at, texts);
      }
      for (var block : content) {
        if (block.path("type").asText().equals("tool_result")) {
          messages.outcome(Json.text(block, "tool_use_id"), block.path("is_error").asBoolean(), String.join("\n", texts(block.path("content"))));
        }
      }
    }

    @Override
    Session session() {
      var title = or(custom, or(generated, or(summary, prompt)));
      return folder == null || messages.count() == 0 ? null
          : new Session(id, KIND, Session.title(title), folder, null, created, updated, messages.count(), Json.object(), version);
    }
  }

  /** Reads the folder {@code projects}, which need not exist. */
  public ClaudeStore(Path projects) {
    super(KIND, projects);
  }

  /** Where the user of this environment has it. */
  public static Path location(Environment env) {
    var named = env.var("CLAUDE_CONFIG_DIR");
    return (named == null ? env.home().resolve(".claude") : env.path(named, env.cwd())).resolve("projects");
  }

  @Override
  protected List<Path> files() throws IOException {
    return find(location(), 1, "", LOG).stream().filter(log -> UUID.matcher(name(log)).matches()).toList();
  }

  @Override
  SessionLog reader(Path log, int max) {
    return new Log(name(log), max);
  }

  /** A text, or the texts of blocks that are text. */
  private static List<String> texts(JsonNode content) {
    if (content.isTextual()) {
      return content.asText().isEmpty() ? List.of() : List.of(content.asText());
    }
    return content.valueStream().filter(block -> block.path("type").asText().equals("text")).map(block -> block.path("text").asText())
        .filter(text -> !text.isEmpty()).toList();
  }

  private static JsonNode tokens(JsonNode usage) {
    var tokens = Json.object().put("input", usage.path("input_tokens").asLong()).put("output", usage.path("output_tokens").asLong());
    tokens.putObject("cache").put("read", usage.path("cache_read_input_tokens").asLong())
        .put("write", usage.path("cache_creation_input_tokens").asLong());
    return tokens;
  }
}
