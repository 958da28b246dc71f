package lib.session.jsonl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.files.FileMemo;
import lib.session.files.FileStamp;
import lib.session.files.StoreFiles;

/**
 * Claude Code's logs: {@code projects/FOLDER/SESSION.jsonl} below {@code CLAUDE_CONFIG_DIR}, else {@code ~/.claude}. One answer
 * of the model is several lines of one {@code message.id}, one for each block. Titles have lines of their own kind. The outcome
 * of a tool call is a user's line, and part of the call here. Left out is all of sub-agents: lines with {@code isSidechain},
 * files {@code agent-*.jsonl} and folders beside a log.
 */
public final class ClaudeStore implements SessionStore {
  public static final String KIND = "claude";
  private static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final int LISTED = 64; // messages kept while they are counted: outcomes stand between the lines of an answer

  private final Path projects;
  private final StoreFiles files = new StoreFiles();
  private final FileMemo<Session> sessions;

  /** What the lines of a log say. */
  private static final class Log implements Consumer<ObjectNode> {
    private final MessageBuilder messages;
    private Path folder;
    private String version;
    private Instant created;
    private Instant updated;
    private String custom;
    private String generated;
    private String summary;
    private String prompt;

    private Log(int max) {
      this.messages = new MessageBuilder(max);
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
      folder = folder == null ? StoreFiles.folder(Json.text(line, "cwd")) : folder;
      version = or(version, Json.text(line, "version"));
      var at = Timestamps.parse(Json.text(line, "timestamp"));
      created = created == null ? at : created;
      updated = at == null || updated != null && updated.isAfter(at) ? updated : at;
      if (line.path("type").asText().equals("assistant")) {
        answer(line, at);
      } else {
        prompt(line, at);
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

    private void prompt(ObjectNode line, Instant at) {
      var content = line.path("message").path("content");
      var id = Json.text(line, "uuid");
      var texts = line.path("isMeta").asBoolean() || id == null ? List.<String>of() : texts(content); // meta: the CLI's own words
      if (!texts.isEmpty()) {
        var draft = messages.draft(id, "user", at);
        texts.forEach(text -> messages.text(draft, "text", text));
        var title = Session.titleOf(String.join("\n", texts));
        prompt = prompt != null || title.isEmpty() || title.startsWith("<") ? prompt : title; // <command-name> and the like
      }
      for (var block : content) {
        if (block.path("type").asText().equals("tool_result")) {
          messages.outcome(Json.text(block, "tool_use_id"), block.path("is_error").asBoolean(), String.join("\n", texts(block.path("content"))));
        }
      }
    }

    private Session session(String id) {
      var title = or(custom, or(generated, or(summary, prompt)));
      return folder == null || messages.count() == 0 ? null
          : new Session(id, KIND, Session.title(title), folder, null, created, updated, messages.count(), Json.object(), version);
    }
  }

  /** Reads the folder {@code projects}, which need not exist. */
  public ClaudeStore(Path projects, Clock clock) {
    this.projects = projects;
    this.sessions = new FileMemo<>(clock);
  }

  /** Where the user of this environment has it. */
  public static Path location(Environment env) {
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
    var all = new ArrayList<Session>();
    var seen = new HashSet<Path>();
    for (var project : projects()) {
      for (var id : files.names(project, "", ".jsonl")) {
        if (UUID.matcher(id).matches()) {
          seen.add(project.resolve(id + ".jsonl"));
          session(project.resolve(id + ".jsonl"), id).ifPresent(all::add);
        }
      }
    }
    sessions.retain(seen);
    return all;
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    return file(id).flatMap(file -> session(file, id));
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    var file = file(session.id());
    try {
      var log = file.isEmpty() || max < 1 ? null : JsonLinesFile.read(file.get(), new Log(max));
      return log == null ? List.of() : log.messages.messages();
    } catch (NoSuchFileException e) {
      return List.of(); // just deleted
    }
  }

  private List<Path> projects() throws IOException {
    StoreFiles.requireReadable(projects);
    return files.folders(projects, name -> true);
  }

  private Optional<Path> file(String id) throws IOException {
    return !UUID.matcher(id).matches() ? Optional.empty()
        : projects().stream().map(project -> project.resolve(id + ".jsonl")).filter(file -> FileStamp.of(file).isPresent()).findFirst();
  }

  private Optional<Session> session(Path file, String id) {
    return sessions.get(file, f -> {
      var log = JsonLinesFile.read(f, new Log(LISTED));
      return log == null ? null : log.session(id);
    });
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

  private static String or(String first, String second) {
    return first != null ? first : second;
  }
}
