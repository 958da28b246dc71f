package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Timestamps;

/**
 * Claude Code's logs: {@code projects/FOLDER/SESSION.jsonl} below {@code CLAUDE_CONFIG_DIR}, else {@code ~/.claude}. All of it
 * is from documents about the format, none of it measured; the format is Claude Code's own and may change: a line has
 * {@code type}, {@code sessionId}, {@code cwd}, {@code timestamp}, {@code uuid}, {@code isSidechain} and, where it is
 * {@code user} or {@code assistant}, a {@code message} in the form of Anthropic's API. One answer of the model is several lines
 * of one {@code message.id}, one for each block. Titles come in lines of their own ({@code custom-title}, {@code ai-title},
 * {@code summary}). The outcome of a tool call is a user's line, and no message here but part of the call. What sub-agents
 * said is left out: lines with {@code isSidechain}, files {@code agent-*.jsonl} and folders beside a log.
 */
final class ClaudeStore implements SessionStore {
  static final String KIND = "claude";
  private static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final int REMEMBERED = 64; // the lines of an answer stand together, with outcomes between them

  /** What a listing needs of a session. */
  private static final class Facts {
    private Path folder;
    private String version;
    private Instant created;
    private Instant updated;
    private String own;
    private String generated;
    private String summary;
    private String asked;
    private int messages;
    private final Set<String> answers = new LinkedHashSet<>();

    private void take(ObjectNode line) {
      switch (line.path("type").asText()) {
        case "custom-title" -> own = or(Json.text(line, "customTitle"), own);
        case "ai-title" -> generated = or(Json.text(line, "aiTitle"), generated);
        case "summary" -> summary = or(Json.text(line, "summary"), summary);
        case "user", "assistant" -> said(line);
        default -> { } // bookkeeping, of which each version has more
      }
    }

    private void said(ObjectNode line) {
      if (line.path("isSidechain").asBoolean()) {
        return;
      }
      folder = folder == null ? OpenCodeForm.folder(Json.text(line, "cwd")) : folder;
      version = or(version, Json.text(line, "version"));
      var at = Timestamps.parse(Json.text(line, "timestamp"));
      created = created == null ? at : created;
      updated = at == null || updated != null && updated.isAfter(at) ? updated : at;
      if (line.path("type").asText().equals("assistant")) {
        messages += answer(answerId(line)) ? 1 : 0;
      } else if (!userText(line).isEmpty()) {
        messages++;
        var title = Logs.title(String.join("\n", userText(line)));
        asked = asked != null || title.isEmpty() || title.startsWith("<") ? asked : title; // <command-name> and the like
      }
    }

    private boolean answer(String id) {
      if (answers.size() > REMEMBERED) {
        answers.remove(answers.iterator().next());
      }
      return answers.add(id);
    }

    private String title() {
      return or(own, or(generated, or(summary, asked)));
    }

    private static String or(String first, String second) {
      return first != null ? first : second;
    }
  }

  private final Path projects;
  private final Listing listing = new Listing();
  private final Map<String, Path> known = new HashMap<>(); // where a session lies, so that not all projects are gone through
  private final Logs<Facts> logs;

  /** Over the folder {@code projects}, which need not be there. */
  ClaudeStore(Path projects, Clock time) {
    this.projects = projects;
    this.logs = new Logs<>(time, Facts::new, Facts::take);
  }

  /** Where it lies for the user of these surroundings. */
  static Path place(Environment env) {
    var named = env.var("CLAUDE_CONFIG_DIR");
    return (named == null ? env.home().resolve(".claude") : env.path(named, env.cwd())).resolve("projects");
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Path location() {
    return projects;
  }

  @Override
  public List<Session> sessions() throws IOException {
    Listing.readable(projects);
    var all = new ArrayList<Session>();
    known.clear();
    for (var project : listing.folders(projects, name -> true)) {
      for (var id : listing.names(project, "", ".jsonl")) {
        if (UUID.matcher(id).matches()) {
          var file = project.resolve(id + ".jsonl");
          known.put(id, file);
          read(file, id).ifPresent(all::add);
        }
      }
    }
    logs.retain(new HashSet<>(known.values()));
    return all;
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    Listing.readable(projects);
    return file(id).flatMap(file -> read(file, id));
  }

  private Optional<Path> file(String id) throws IOException {
    var before = known.get(id);
    if (before != null && Stamp.ofFile(before).isPresent()) {
      return Optional.of(before);
    }
    return !UUID.matcher(id).matches() ? Optional.empty() : listing.folders(projects, name -> true).stream()
        .map(project -> project.resolve(id + ".jsonl")).filter(file -> Stamp.ofFile(file).isPresent()).findFirst();
  }

  private Optional<Session> read(Path file, String id) {
    return logs.facts(file).filter(f -> f.folder != null && f.messages > 0)
        .map(f -> new Session(id, KIND, OpenCodeForm.title(f.title()), f.folder, null, f.created, f.updated, f.messages, Json.object(),
            f.version));
  }

  @Override
  public List<Message> messages(Session session, int most) throws IOException {
    return file(session.id()).map(file -> logs.messages(file, most, ClaudeStore::telling)).orElse(List.of());
  }

  private static Consumer<ObjectNode> telling(Turns turns) {
    return line -> {
      if (line.path("isSidechain").asBoolean()) {
        return;
      }
      switch (line.path("type").asText()) {
        case "assistant" -> answered(turns, line);
        case "user" -> asked(turns, line);
        default -> { } // no message
      }
    };
  }

  private static void answered(Turns turns, ObjectNode line) {
    var message = line.path("message");
    var turn = turns.turn(answerId(line), "assistant", Timestamps.parse(Json.text(line, "timestamp")));
    var model = Json.text(message, "model");
    turn.model = model == null || model.startsWith("<") ? turn.model : "anthropic/" + model; // <synthetic>: the CLI's own words
    if (message.path("usage").isObject()) { // each line of an answer repeats it, the last one counts
      turn.tokens = tokens(message.path("usage"));
    }
    for (var block : message.path("content")) {
      switch (block.path("type").asText()) {
        case "text" -> turns.text(turn, "text", block.path("text").asText());
        case "thinking" -> turns.text(turn, "reasoning", block.path("thinking").asText());
        case "tool_use" -> turns.call(turn, Json.text(block, "name"), Json.text(block, "id"), block.path("input").deepCopy());
        default -> { } // pictures and what else will come
      }
    }
  }

  private static void asked(Turns turns, ObjectNode line) {
    var texts = userText(line);
    if (!texts.isEmpty()) {
      var turn = turns.turn(Json.text(line, "uuid"), "user", Timestamps.parse(Json.text(line, "timestamp")));
      texts.forEach(text -> turns.text(turn, "text", text));
    }
    for (var block : line.path("message").path("content")) {
      if (block.path("type").asText().equals("tool_result")) {
        turns.outcome(Json.text(block, "tool_use_id"), block.path("is_error").asBoolean(), String.join("\n", texts(block.path("content"))));
      }
    }
  }

  /** What a user's line says; nothing for outcomes of calls and for what the CLI itself put there. */
  private static List<String> userText(ObjectNode line) {
    return line.path("isMeta").asBoolean() || Json.text(line, "uuid") == null ? List.of() : texts(line.path("message").path("content"));
  }

  /** A text, or the texts of the blocks that are text. */
  private static List<String> texts(JsonNode content) {
    if (content.isTextual()) {
      return content.asText().isEmpty() ? List.of() : List.of(content.asText());
    }
    return content.valueStream().filter(block -> block.path("type").asText().equals("text")).map(block -> block.path("text").asText())
        .filter(text -> !text.isEmpty()).toList();
  }

  private static String answerId(ObjectNode line) {
    var id = Json.text(line.path("message"), "id");
    return id != null ? id : line.path("uuid").asText();
  }

  private static JsonNode tokens(JsonNode usage) {
    var tokens = Json.object().put("input", usage.path("input_tokens").asLong()).put("output", usage.path("output_tokens").asLong());
    tokens.putObject("cache").put("read", usage.path("cache_read_input_tokens").asLong())
        .put("write", usage.path("cache_creation_input_tokens").asLong());
    return tokens;
  }
}
