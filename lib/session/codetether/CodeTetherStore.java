package lib.session.codetether;

import module java.base;
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
import lib.session.files.SessionFiles;

/**
 * The CodeTether agent's sessions: one JSON file each, {@code sessions/ID.json} in {@code CODETETHER_DATA_DIR}, else in {@code
 * .codetether-agent} at the root of a codebase's repository and in the user's data folder. The form is from that agent's
 * published source. Messages have neither ids nor times: they are numbered, and their time is unknown. A file in a repository
 * counts only for sessions in that repository, since it may have come with it.
 */
public final class CodeTetherStore extends SessionFiles {
  public static final String KIND = "codetether";
  private static final String FOLDER = ".codetether-agent";
  private static final int MAX_FILE = 32 << 20; // bytes; some megabytes after a day's work, and it is read whole

  private final Environment env;
  private final Supplier<List<Codebase>> codebases;
  /** @param codebases in whose repositories sessions are looked for, asked at each call */
  public CodeTetherStore(Environment env, Supplier<List<Codebase>> codebases) {
    super(KIND, named(env).orElseGet(() -> env.xdg("XDG_DATA_HOME", ".local/share").resolve("codetether-agent")).resolve("sessions"));
    this.env = env;
    this.codebases = codebases;
  }

  private static Optional<Path> named(Environment env) {
    return Optional.ofNullable(env.var("CODETETHER_DATA_DIR")).filter(name -> !name.isBlank()).map(name -> env.path(name.strip(), env.cwd()));
  }

  @Override
  public Path location() {
    return folders().stream().filter(Files::isDirectory).findFirst().orElse(super.location());
  }

  /** It has several folders, and each goes with its repository. */
  @Override
  public boolean exists() {
    return true;
  }

  private List<Path> folders() {
    if (named(env).isPresent()) {
      return List.of(super.location());
    }
    var inRepositories = codebases.get().stream().map(codebase -> root(CodebaseMatcher.real(codebase.path())).resolve(FOLDER)).distinct()
        .filter(data -> isFolder(data) && isFolder(data.resolve("sessions"))).map(data -> data.resolve("sessions"));
    var user = super.location().getParent().resolveSibling("codetether/sessions");
    return Stream.concat(inRepositories, Stream.of(user, super.location())).toList();
  }

  /** The repository that a file lies in; null for one of the user's. */
  private Path repository(Path file) {
    var data = file.getParent().getParent();
    return data.endsWith(FOLDER) && named(env).isEmpty() ? data.getParent() : null;
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
  protected List<Path> files() throws IOException {
    var all = new ArrayList<Path>();
    for (var folder : folders()) {
      all.addAll(find(folder, 0, "", ".json"));
    }
    return all;
  }

  @Override
  protected Session session(Path file) throws IOException {
    var json = json(file);
    var repository = repository(file);
    var named = Session.folder(Json.text(json.path("metadata"), "directory"));
    var folder = named == null ? repository : named;
    var id = Json.text(json, "id");
    if (!json.path("messages").isArray() || !Session.isName(id) || folder == null
        || repository != null && !folder.normalize().startsWith(repository)) {
      return null;
    }
    return new Session(id, KIND, Session.title(Json.text(json, "title")), folder, null, Timestamps.parse(Json.text(json, "created_at")),
        Timestamps.parse(Json.text(json, "updated_at")), json.path("messages").size(), Json.object(), null);
  }

  @Override
  protected List<Message> messages(Path file, Session session, int max) throws IOException {
    var json = json(file);
    var messages = new MessageBuilder(max);
    var number = 0;
    for (var said : json.path("messages")) {
      var id = session.id() + "-" + number++;
      if (said.path("role").asText().equals("tool")) { // outcomes stand in their calls
        said.path("content").forEach(block ->
            messages.outcome(block.path("tool_call_id").asText(), false, block.path("content").asText()));
        continue;
      }
      var draft = messages.draft(id, said.path("role").asText(), null);
      draft.agent = Json.text(json, "agent");
      draft.model = draft.isAssistant() ? Json.text(json.path("metadata"), "model") : null;
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
    return Json.MAPPER.readTree(bytes(file, MAX_FILE));
  }
}
