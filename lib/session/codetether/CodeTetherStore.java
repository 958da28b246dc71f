package lib.session.codetether;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.config.Codebase;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.session.CodebaseMatcher;
import lib.session.Message;
import lib.session.MessageBuilder;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.files.FileMemo;
import lib.session.files.FileStamp;
import lib.session.files.StoreFiles;

/**
 * The CodeTether agent's sessions: one JSON file each, {@code sessions/ID.json} in {@code CODETETHER_DATA_DIR}, else in {@code
 * .codetether-agent} at the root of a codebase's repository and in the user's data folder. The form is from that agent's
 * published source. Messages have neither ids nor times: they are numbered, and their time is unknown. A file in a repository
 * counts only for sessions in that repository, since it may have come with it.
 */
public final class CodeTetherStore implements SessionStore {
  public static final String KIND = "codetether";
  private static final String FOLDER = ".codetether-agent";
  private static final int MAX_FILE = 32 << 20; // bytes; some megabytes after a day's work, and it is read whole

  private final Environment env;
  private final Supplier<List<Codebase>> codebases;
  private final StoreFiles files = new StoreFiles();
  private final FileMemo<Session> sessions = new FileMemo<>();

  /** A folder with sessions. @param repository what they must lie in; null for anywhere */
  private record Folder(Path path, Path repository) {
    Path file(String id) {
      return path.resolve(id + ".json");
    }
  }

  /** @param codebases in whose repositories sessions are looked for, asked at each call */
  public CodeTetherStore(Environment env, Supplier<List<Codebase>> codebases) {
    this.env = env;
    this.codebases = codebases;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Path location() {
    var folders = folders();
    return folders.stream().map(Folder::path).filter(Files::isDirectory).findFirst().orElse(folders.getLast().path);
  }

  /** It has several folders, and each goes with its repository. */
  @Override
  public boolean exists() {
    return true;
  }

  private List<Folder> folders() {
    var named = env.var("CODETETHER_DATA_DIR");
    if (named != null && !named.isBlank()) {
      return List.of(new Folder(env.path(named.strip(), env.cwd()).resolve("sessions"), null));
    }
    var all = new ArrayList<Folder>();
    codebases.get().stream().map(codebase -> root(CodebaseMatcher.real(codebase.path()))).distinct()
        .filter(root -> StoreFiles.isFolder(root.resolve(FOLDER)) && StoreFiles.isFolder(root.resolve(FOLDER).resolve("sessions")))
        .forEach(root -> all.add(new Folder(root.resolve(FOLDER).resolve("sessions"), root)));
    var data = env.xdg("XDG_DATA_HOME", ".local/share");
    all.add(new Folder(data.resolve("codetether/sessions"), null));
    all.add(new Folder(data.resolve("codetether-agent/sessions"), null));
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
    var seen = new HashSet<Path>();
    for (var folder : folders()) {
      for (var id : files.names(folder.path, "", ".json")) {
        seen.add(folder.file(id));
        session(folder, id).ifPresent(session -> all.putIfAbsent(id, session));
      }
    }
    sessions.retain(seen);
    return List.copyOf(all.values());
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    return folders().stream().flatMap(folder -> session(folder, id).stream()).findFirst();
  }

  private Optional<Session> session(Folder folder, String id) {
    return !StoreFiles.isName(id) ? Optional.empty()
        : sessions.get(folder.file(id), file -> session(file, folder.repository)).filter(session -> session.id().equals(id));
  }

  /** Null for a file that is no session. */
  private static Session session(Path file, Path repository) throws IOException {
    var json = json(file);
    var named = StoreFiles.folder(Json.text(json.path("metadata"), "directory"));
    var folder = named == null ? repository : named;
    var id = Json.text(json, "id");
    if (!json.path("messages").isArray() || id == null || folder == null || repository != null && !folder.normalize().startsWith(repository)) {
      return null;
    }
    return new Session(id, KIND, Session.title(Json.text(json, "title")), folder, null, Timestamps.parse(Json.text(json, "created_at")),
        Timestamps.parse(Json.text(json, "updated_at")), json.path("messages").size(), Json.object(), null);
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    for (var folder : StoreFiles.isName(session.id()) && max > 0 ? folders() : List.<Folder>of()) {
      if (session(folder, session.id()).isPresent() && FileStamp.of(folder.file(session.id())).isPresent()) {
        try {
          return messages(folder.file(session.id()), session.id(), max);
        } catch (JsonProcessingException e) {
          return List.of(); // half-written: the next pass reads it
        }
      }
    }
    return List.of();
  }

  private static List<Message> messages(Path file, String sessionId, int max) throws IOException {
    var session = json(file);
    var messages = new MessageBuilder(max);
    var number = 0;
    for (var said : session.path("messages")) {
      var id = sessionId + "-" + number++;
      if (said.path("role").asText().equals("tool")) { // outcomes stand in their calls
        said.path("content").forEach(block ->
            messages.outcome(block.path("tool_call_id").asText(), false, block.path("content").asText()));
        continue;
      }
      var draft = messages.draft(id, said.path("role").asText(), null);
      draft.agent = Json.text(session, "agent");
      draft.model = draft.isAssistant() ? Json.text(session.path("metadata"), "model") : null;
      said.path("content").forEach(block -> add(draft, block, messages));
    }
    return messages.messages();
  }

  private static void add(MessageBuilder.Draft draft, JsonNode block, MessageBuilder messages) {
    switch (block.path("type").asText()) {
      case "text" -> messages.text(draft, "text", block.path("text").asText());
      case "thinking" -> messages.text(draft, "reasoning", block.path("text").asText());
      case "tool_call" -> {
        var arguments = block.path("arguments").asText();
        messages.call(draft, block.path("name").asText(), block.path("id").asText(),
            Json.readObject(arguments).<JsonNode>map(input -> input).orElse(TextNode.valueOf(arguments)));
      }
      default -> { } // pictures and files
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return Json.MAPPER.readTree(StoreFiles.bytes(file, MAX_FILE));
  }
}
