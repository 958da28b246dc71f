package lib.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Timestamps;

/**
 * Codex's logs: {@code sessions/YYYY/MM/DD/rollout-TIME-ID.jsonl} below {@code CODEX_HOME}, else {@code ~/.codex}. All of it is
 * from documents about the format, none of it measured: a line is {@code {timestamp, type, payload}}. The first is
 * {@code session_meta} with {@code id}, {@code cwd}, {@code cli_version} and {@code model_provider}; {@code turn_context} names
 * the model; {@code response_item} is a message, a reasoning, a call or its outcome; {@code event_msg} with {@code token_count}
 * tells what the last answer used. {@code session_index.jsonl} has names that sessions were given. Messages have no ids, so
 * they are numbered; an answer is what the model said up to the next outcome or question. Left out are sub-agents' sessions
 * ({@code thread_source}, {@code parent_thread_id}), archived ones, and logs without {@code session_meta}, as first versions
 * wrote them.
 */
final class CodexStore implements SessionStore {
  static final String KIND = "codex";
  private static final Predicate<String> DIGITS = Pattern.compile("[0-9]{2,4}").asMatchPredicate();
  /** What Codex itself puts before the user's words. */
  private static final Pattern SURROUNDINGS = Pattern.compile(
      "(?s)\\s*(<(environment_context|user_instructions|permissions instructions|INSTRUCTIONS|skills?)\\b.*|# AGENTS\\.md instructions.*)");

  /** What a listing needs of a session. */
  private static final class Facts {
    private JsonNode meta;
    private Instant created;
    private Instant updated;
    private String asked;
    private final Turns said = new Turns(0);
    private final Telling telling = new Telling(said);

    private void take(ObjectNode line) {
      var at = Timestamps.parse(Json.text(line, "timestamp"));
      updated = at == null || updated != null && updated.isAfter(at) ? updated : at;
      if (meta == null) {
        meta = line.path("type").asText().equals("session_meta") ? line.path("payload").deepCopy() : Json.object();
        if (meta instanceof ObjectNode all) {
          // not the model's instructions, which are most of it
          all.retain("id", "session_id", "cwd", "cli_version", "timestamp", "thread_source", "parent_thread_id", "source");
        }
        created = at;
      }
      telling.accept(line);
      if (asked == null && said.last() != null && !said.last().assistant()) {
        var title = Logs.title(String.join("\n", texts(line.path("payload"))));
        asked = title.isEmpty() ? null : title;
      }
    }

    private boolean ofSubAgent() {
      return Json.text(meta, "thread_source", "source") instanceof String source && source.equals("subagent")
          || meta.path("source").has("subagent") || Json.text(meta, "parent_thread_id") != null;
    }
  }

  /** Takes lines into messages. */
  private static final class Telling implements Consumer<ObjectNode> {
    private final Turns turns;
    private String id;
    private String provider;
    private String model;
    private boolean over = true;
    private int number;

    private Telling(Turns turns) {
      this.turns = turns;
    }

    @Override
    public void accept(ObjectNode line) {
      var payload = line.path("payload");
      switch (line.path("type").asText()) {
        case "session_meta" -> {
          id = id == null ? Json.text(payload, "id", "session_id") : id;
          provider = provider == null ? Json.text(payload, "model_provider") : provider;
        }
        case "turn_context" -> model = Json.text(payload, "model") == null ? model : Json.text(payload, "model");
        case "response_item" -> item(payload, Timestamps.parse(Json.text(line, "timestamp")));
        case "event_msg" -> used(payload);
        default -> { } // states that are no messages
      }
    }

    private void item(JsonNode item, Instant at) {
      switch (item.path("type").asText()) {
        case "message" -> message(item, at);
        case "reasoning" -> item.path("summary").forEach(s -> turns.text(answer(at), "reasoning", s.path("text").asText()));
        case "function_call", "custom_tool_call", "local_shell_call", "web_search_call" -> turns.call(answer(at),
            item.path("name").asText(item.path("type").asText().replace("_call", "")), Json.text(item, "call_id", "id"), input(item));
        case "function_call_output", "custom_tool_call_output" -> {
          over = true;
          outcome(item);
        }
        default -> { } // what a later version adds
      }
    }

    private void message(JsonNode item, Instant at) {
      var texts = texts(item);
      switch (item.path("role").asText()) {
        case "assistant" -> texts.forEach(text -> turns.text(answer(at), "text", text));
        case "user" -> {
          if (!texts.isEmpty()) {
            over = true;
            var turn = turns.turn(id + "-" + number++, "user", at);
            texts.forEach(text -> turns.text(turn, "text", text));
          }
        }
        default -> { } // the system's and the developer's are Codex's own
      }
    }

    private Turns.Turn answer(Instant at) {
      if (over) {
        over = false;
        var turn = turns.turn(id + "-" + number++, "assistant", at);
        turn.model = model == null ? null : (provider == null ? "openai" : provider) + "/" + model;
      }
      return turns.last();
    }

    private static JsonNode input(JsonNode item) {
      var text = Json.text(item, "arguments", "input");
      try {
        return text != null ? Json.read(text) : item.path("action").deepCopy();
      } catch (JsonProcessingException e) {
        return TextNode.valueOf(text); // a tool that takes plain text
      }
    }

    private void outcome(JsonNode item) {
      var output = item.path("output");
      var text = output.isTextual() ? output.asText() : output.path("content").isTextual() ? output.path("content").asText()
          : output.valueStream().map(part -> part.path("text").asText()).reduce("", String::concat);
      turns.outcome(Json.text(item, "call_id"), output.path("success").isBoolean() && !output.path("success").asBoolean(), text);
    }

    private void used(JsonNode event) {
      var usage = event.path("info").path("last_token_usage");
      if (event.path("type").asText().equals("token_count") && usage.isObject() && turns.last() != null && turns.last().assistant()) {
        var cached = usage.path("cached_input_tokens").asLong();
        var tokens = Json.object().put("input", usage.path("input_tokens").asLong() - cached) // there the whole, as nowhere else
            .put("output", usage.path("output_tokens").asLong()).put("reasoning", usage.path("reasoning_output_tokens").asLong());
        tokens.putObject("cache").put("read", cached).put("write", 0);
        turns.last().tokens = tokens;
      }
    }
  }

  private final Path home;
  private final Listing listing = new Listing();
  private final Map<String, Path> known = new HashMap<>(); // where a session lies, so that not all days are gone through
  private final Logs<Facts> logs;
  private final LogFile<Map<String, String>> names;

  /** Over Codex's own folder, which need not be there. */
  CodexStore(Path home, Clock time) {
    this.home = home;
    this.logs = new Logs<>(time, Facts::new, Facts::take);
    this.names = new LogFile<>(home.resolve("session_index.jsonl"), time, HashMap::new, (map, line) -> {
      if (Json.text(line, "id") != null && Json.text(line, "thread_name") != null) {
        map.put(Json.text(line, "id"), Json.text(line, "thread_name"));
      }
    });
  }

  /** Where it lies for the user of these surroundings. */
  static Path place(Environment env) {
    var named = env.var("CODEX_HOME");
    return named == null ? env.home().resolve(".codex") : env.path(named, env.cwd());
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Path location() {
    return home.resolve("sessions");
  }

  @Override
  public List<Session> sessions() throws IOException {
    Listing.readable(location());
    var titles = names.read().orElse(Map.of());
    var files = files("");
    logs.retain(new HashSet<>(files));
    known.clear();
    var all = new ArrayList<Session>();
    for (var file : files) {
      read(file, titles).ifPresent(session -> {
        known.put(session.id(), file);
        all.add(session);
      });
    }
    return all;
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    Listing.readable(location());
    var titles = names.read().orElse(Map.of());
    return !Listing.isName(id) ? Optional.empty() : files("-" + id).stream().map(file -> read(file, titles)).flatMap(Optional::stream)
        .filter(session -> session.id().equals(id)).findFirst();
  }

  private List<Path> files(String end) throws IOException {
    var files = new ArrayList<Path>();
    for (var year : listing.folders(location(), DIGITS)) {
      for (var month : listing.folders(year, DIGITS)) {
        for (var day : listing.folders(month, DIGITS)) {
          listing.names(day, "rollout-", end + ".jsonl").forEach(name -> files.add(day.resolve(name + end + ".jsonl")));
        }
      }
    }
    return files;
  }

  private Optional<Session> read(Path file, Map<String, String> titles) {
    return logs.facts(file).filter(f -> f.meta != null && !f.ofSubAgent() && f.telling.number > 0).flatMap(f -> {
      var id = Json.text(f.meta, "id", "session_id");
      var folder = OpenCodeForm.folder(Json.text(f.meta, "cwd"));
      var created = Timestamps.parse(Json.text(f.meta, "timestamp"));
      return !Listing.isName(id) || folder == null ? Optional.empty() : Optional.of(new Session(id, KIND,
          OpenCodeForm.title(titles.getOrDefault(id, f.asked)), folder, null, created == null ? f.created : created, f.updated,
          f.telling.number, Json.object(), Json.text(f.meta, "cli_version")));
    });
  }

  @Override
  public List<Message> messages(Session session, int most) throws IOException {
    return file(session.id()).map(file -> logs.messages(file, most, Telling::new)).orElse(List.of());
  }

  private Optional<Path> file(String id) throws IOException {
    var before = known.get(id);
    if (before != null && Stamp.ofFile(before).isPresent()) {
      return Optional.of(before);
    }
    return !Listing.isName(id) ? Optional.empty() : files("-" + id).stream().findFirst();
  }

  /** What a message says, without what Codex puts before it. */
  private static List<String> texts(JsonNode message) {
    return message.path("content").valueStream().map(part -> part.path("text").asText())
        .filter(text -> !text.isEmpty() && !SURROUNDINGS.matcher(text).matches()).toList();
  }
}
