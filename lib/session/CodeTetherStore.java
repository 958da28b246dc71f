package lib.session;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Timestamps;

/**
 * The sessions of CodeTether's own agent: one JSON file each, {@code sessions/ID.json} in {@code CODETETHER_DATA_DIR}, else in
 * {@code .codetether-agent} at the root of a codebase's repository and in the user's data folder. All of it is from that
 * agent's published source and pages, none of it measured: {@code id}, {@code title}, {@code created_at}, {@code updated_at},
 * {@code metadata.directory}, {@code metadata.model}, {@code agent}, and {@code messages} of {@code role} and {@code content}
 * (blocks {@code text}, {@code thinking}, {@code tool_call}, {@code tool_result}). Messages have neither ids nor times: they
 * are numbered, and their time is unknown. Tokens are told for the session as a whole only, so no message has any. Nothing says
 * which sessions are sub-agents'. A file in a repository tells only of sessions in that repository: it may have come with it.
 */
final class CodeTetherStore implements SessionStore {
  static final String KIND = "codetether";
  private static final String FOLDER = ".codetether-agent";
  private static final long LARGEST = 64L << 20; // some megabytes after a day's talk; it is read whole whenever it changes
  private static final long HEADS_KEPT = 1L << 40; // of each only the head is kept, so that the number of files bounds it
  private static final long TALKS_KEPT = 64L << 20;

  /** Reads a value out of the middle of a file. */
  private static final ObjectReader WITHIN = Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** A folder with sessions; inside is null where they may have been begun anywhere. */
  private record Place(Path sessions, Path inside) {}

  private record Talk(int most, String model, String agent, int first, List<JsonNode> messages) {}

  private final Environment env;
  private final Supplier<List<Codebase>> codebases;
  private final Clock time;
  private final Listing listing = new Listing();
  private final FileCache<Session> heads;
  private final FileCache<Talk> talks;

  /** @param codebases in whose repositories sessions are looked for, asked at each call */
  CodeTetherStore(Environment env, Supplier<List<Codebase>> codebases, Clock time) {
    this.env = env;
    this.codebases = codebases;
    this.time = time;
    this.heads = new FileCache<>(time, LARGEST, HEADS_KEPT);
    this.talks = new FileCache<>(time, LARGEST, TALKS_KEPT);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Path location() {
    var places = places();
    return places.stream().map(Place::sessions).filter(Files::isDirectory).findFirst().orElse(places.getLast().sessions);
  }

  /** It has several places, and each goes with its repository. */
  @Override
  public boolean exists() {
    return true;
  }

  private List<Place> places() {
    var named = env.var("CODETETHER_DATA_DIR");
    if (named != null && !named.isBlank()) {
      return List.of(new Place(env.path(named.strip(), env.cwd()).resolve("sessions"), null));
    }
    Map<Path, Place> places = new LinkedHashMap<>();
    for (var codebase : codebases.get()) {
      var root = root(CodebaseMatcher.real(codebase.path()));
      if (Stamp.ofFolder(root.resolve(FOLDER)).isPresent() && Stamp.ofFolder(root.resolve(FOLDER).resolve("sessions")).isPresent()) {
        places.put(root, new Place(root.resolve(FOLDER).resolve("sessions"), root));
      }
    }
    var all = new ArrayList<>(places.values());
    var data = env.xdg("XDG_DATA_HOME", ".local/share");
    all.add(new Place(data.resolve("codetether/sessions"), null));
    all.add(new Place(data.resolve("codetether-agent/sessions"), null));
    return all;
  }

  /** The nearest folder upwards that is a repository, but never the whole home or machine; else the folder itself. */
  private Path root(Path folder) {
    for (var up = folder; up != null && up.getParent() != null && !up.equals(env.home()); up = up.getParent()) {
      if (Files.exists(up.resolve(".git"))) {
        return up;
      }
    }
    return folder;
  }

  @Override
  public List<Session> sessions() throws IOException {
    var all = new LinkedHashMap<String, Session>();
    var files = new HashSet<Path>();
    for (var place : places()) {
      for (var id : listing.names(place.sessions, "", ".json")) {
        files.add(place.sessions.resolve(id + ".json"));
        read(place, id).ifPresent(session -> all.putIfAbsent(id, session));
      }
    }
    heads.retain(files);
    return List.copyOf(all.values());
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    return places().stream().map(place -> read(place, id)).flatMap(Optional::stream).findFirst();
  }

  private Optional<Session> read(Place place, String id) {
    return !Listing.isName(id) ? Optional.empty() : heads.get(place.sessions.resolve(id + ".json"), content -> head(content, place.inside))
        .filter(session -> session.id().equals(id)).map(session -> OpenCodeForm.counted(session, session.messages()));
  }

  /** What stands beside the messages, and how many they are; null for what is no session. */
  private static Session head(byte[] content, Path inside) throws IOException {
    var count = new int[] {-1};
    var head = scan(content, parser -> {
      for (count[0] = 0; parser.nextToken() != JsonToken.END_ARRAY; count[0]++) {
        parser.skipChildren();
      }
    });
    var told = OpenCodeForm.folder(Json.text(head.path("metadata"), "directory"));
    var folder = told == null ? inside : told;
    if (count[0] < 0 || Json.text(head, "id") == null || folder == null || inside != null && !folder.normalize().startsWith(inside)) {
      return null;
    }
    return new Session(Json.text(head, "id"), KIND, OpenCodeForm.title(Json.text(head, "title")), folder, null,
        Timestamps.parse(Json.text(head, "created_at")), Timestamps.parse(Json.text(head, "updated_at")), count[0], Json.object(), null);
  }

  @Override
  public List<Message> messages(Session session, int most) throws IOException {
    if (!Listing.isName(session.id()) || most < 1) {
      return List.of();
    }
    for (var place : places()) {
      var file = place.sessions.resolve(session.id() + ".json");
      var talk = talks.get(file, content -> talk(content, most));
      if (talk.isPresent() && talk.get().most != most) {
        talks.forget(file);
        talk = talks.get(file, content -> talk(content, most));
      }
      if (talk.isPresent()) {
        return messages(session.id(), talk.get());
      }
    }
    return List.of();
  }

  private static Talk talk(byte[] content, int most) throws IOException {
    Deque<JsonNode> newest = new ArrayDeque<>();
    var count = new int[] {0};
    var head = scan(content, parser -> {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        newest.add(WITHIN.readTree(parser));
        count[0]++;
        if (newest.size() > most) {
          newest.remove();
        }
      }
    });
    return new Talk(most, Json.text(head.path("metadata"), "model"), Json.text(head, "agent"), count[0] - newest.size(),
        List.copyOf(newest));
  }

  /** What is done with the list of messages, whose beginning was just read, up to its end. */
  private interface Messages {
    void take(JsonParser parser) throws IOException;
  }

  /** Goes through the file's object without holding its long lists; gives the short fields. */
  private static ObjectNode scan(byte[] content, Messages messages) throws IOException {
    var head = Json.object();
    try (var parser = Json.MAPPER.createParser(content)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var name = parser.currentName();
        var value = parser.nextToken();
        if (name.equals("messages") && value == JsonToken.START_ARRAY) {
          messages.take(parser);
        } else if (name.equals("metadata") || value.isScalarValue()) {
          head.set(name, WITHIN.readTree(parser));
        } else {
          parser.skipChildren();
        }
      }
    }
    return head;
  }

  private static List<Message> messages(String session, Talk talk) {
    var all = new ArrayList<Message>();
    var calls = new LinkedHashMap<String, ObjectNode>();
    for (var n = 0; n < talk.messages.size(); n++) {
      var json = talk.messages.get(n);
      var id = session + "-" + (talk.first + n);
      var role = json.path("role").asText();
      var parts = new ArrayList<ObjectNode>();
      for (var block : json.path("content")) {
        part(id + "-" + parts.size(), block, calls).ifPresent(parts::add);
      }
      if (!role.equals("tool")) { // outcomes are told in the calls
        all.add(new Message(id, role, null, talk.agent, role.equals("assistant") ? talk.model : null, 0, MissingNode.getInstance(), parts));
      }
    }
    return all;
  }

  private static Optional<ObjectNode> part(String id, JsonNode block, Map<String, ObjectNode> calls) {
    var part = Json.object().put("id", id);
    switch (block.path("type").asText()) {
      case "text" -> part.put("type", "text").put("text", block.path("text").asText());
      case "thinking" -> part.put("type", "reasoning").put("text", block.path("text").asText());
      case "tool_call" -> {
        part.put("type", "tool").put("tool", block.path("name").asText()).put("callID", block.path("id").asText());
        var arguments = block.path("arguments").asText();
        var state = part.putObject("state").put("status", "running");
        Json.readObject(arguments).ifPresentOrElse(input -> state.set("input", input), () -> state.put("input", arguments));
        calls.put(block.path("id").asText(), state);
      }
      case "tool_result" -> {
        var state = calls.get(block.path("tool_call_id").asText());
        if (state != null) {
          state.put("status", "completed").put("output", block.path("content").asText());
        }
        return Optional.empty();
      }
      default -> { // pictures and files
        return Optional.empty();
      }
    }
    return Optional.of(part);
  }
}
