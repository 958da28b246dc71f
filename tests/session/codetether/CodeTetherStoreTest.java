package tests.session.codetether;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Codebase;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.sync.SessionStores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/** The files of CodeTether's own agent, as its published source describes them; those in a repository may have come with it. */
class CodeTetherStoreTest {
  private static final String ID = "11111111-2222-4333-8444-555555555555";

  @TempDir
  Path home;
  private final List<Codebase> codebases = new ArrayList<>();
  private Path repository;
  private Path sessions;

  @BeforeEach
  void lay() throws IOException {
    repository = Files.createDirectories(home.resolve("code/shop"));
    Files.createDirectories(repository.resolve(".git"));
    sessions = Files.createDirectories(repository.resolve(".codetether-agent/sessions"));
    codebases.add(new Codebase("web", Files.createDirectories(repository.resolve("web")), ""));
    write(sessions, ID, repository.resolve("web"));
    Captured.age(home);
  }

  @Test
  void readsASessionAtTheRootOfACodebasesRepository() throws IOException {
    var store = store(Map.of());
    assertThat(store.location()).isEqualTo(sessions);
    assertThat(store.sessions()).containsExactly(store.session(ID).orElseThrow()).containsExactly(new Session(ID, "codetether", "Count",
        repository.resolve("web"), null, Instant.parse("2026-01-01T10:00:00Z"), Instant.parse("2026-01-01T11:00:00.123456Z"), 4, Json.object(),
        null));
  }

  @Test
  void numbersMessagesAndPutsOutcomesIntoTheirCalls() throws IOException {
    var store = store(Map.of());
    var session = store.session(ID).orElseThrow();
    var messages = store.messages(session, 100);
    assertThat(messages).extracting(Message::id).containsExactly(ID + "-0", ID + "-1", ID + "-3");
    assertThat(messages.get(1).model()).isEqualTo("provider/model-x");
    assertThat(messages.get(1).agent()).isEqualTo("build");
    assertThat(messages.get(1).created()).as("stored nowhere").isNull();
    assertThat(messages.get(1).parts()).extracting(part -> part.path("type").asText()).containsExactly("reasoning", "text", "tool");
    assertThat(messages.get(1).parts().get(2).path("state").toString())
        .isEqualTo("{\"status\":\"completed\",\"input\":{\"command\":\"wc\"},\"output\":\"42\"}");
    assertThat(store.messages(session, 1)).extracting(Message::id).as("the numbers stay").containsExactly(ID + "-3");
    assertThat(store.messages(session, 100)).as("asked for more again").hasSize(3);
  }

  @Test
  void readsTheUsersDataFolderToo() throws IOException {
    write(Files.createDirectories(home.resolve(".local/share/codetether-agent/sessions")), "user-1", Path.of("/srv/a"));
    write(Files.createDirectories(home.resolve(".local/share/codetether/sessions")), "user-2", Path.of("/srv/b"));
    assertThat(store(Map.of()).sessions()).extracting(Session::id).containsExactlyInAnyOrder(ID, "user-1", "user-2");
  }

  @Test
  void readsOnlyTheDataFolderThatTheVariableNames() throws IOException {
    var data = Files.createDirectories(home.resolve("data/sessions"));
    write(data, "named-1", Path.of("/srv/anywhere"));
    assertThat(store(Map.of("CODETETHER_DATA_DIR", home.resolve("data").toString())).sessions()).extracting(Session::id)
        .containsExactly("named-1");
  }

  @Test
  void readsACodebaseThatIsAdded() throws IOException {
    var other = Files.createDirectories(home.resolve("code/notes"));
    write(Files.createDirectories(other.resolve(".codetether-agent/sessions")), "notes-1", other);
    var store = store(Map.of());
    assertThat(store.sessions()).hasSize(1);
    codebases.add(new Codebase("notes", other, ""));
    assertThat(store.sessions()).extracting(Session::id).containsExactlyInAnyOrder(ID, "notes-1");
  }

  @Test
  void skipsSessionsOutsideTheirRepository() throws IOException {
    write(sessions, "forged", Path.of("/srv/elsewhere"));
    write(sessions, "climbing", repository.resolve("../elsewhere"));
    var outside = Files.createDirectories(home.resolve("outside"));
    write(outside, "linked", repository);
    Files.createSymbolicLink(sessions.resolve("linked.json"), outside.resolve("linked.json"));
    var planted = Files.createDirectories(home.resolve("code/planted/.codetether-agent")).getParent();
    Files.createSymbolicLink(planted.resolve(".codetether-agent/sessions"), outside);
    codebases.add(new Codebase("planted", planted, ""));
    var store = store(Map.of());
    assertThat(store.sessions()).extracting(Session::id).containsExactly(ID);
    assertThat(store.session("../../../../outside/linked")).isEmpty();
  }

  @Test
  void skipsFilesThatAreHalfWrittenOrNoSession() throws IOException {
    var whole = Files.readString(sessions.resolve(ID + ".json"));
    Files.writeString(sessions.resolve("half.json"), whole.replace(ID, "half").substring(0, whole.length() - 40));
    Files.writeString(sessions.resolve("index.json"), "{\"id\": \"index\", \"metadata\": {}}");
    Files.writeString(sessions.resolve("other.json"), whole);
    Files.writeString(sessions.resolve("list.json"), "[]");
    Files.writeString(sessions.resolve("empty.json"), "");
    Files.createDirectories(sessions.resolve("recall"));
    Captured.age(home);
    assertThat(store(Map.of()).sessions()).extracting(Session::id).containsExactly(ID);
  }

  private SessionStore store(Map<String, String> vars) {
    return new SessionStores(Captured.settings(home, vars), () -> List.copyOf(codebases)).all().stream()
        .filter(store -> store.kind().equals("codetether")).findFirst().orElseThrow();
  }

  private static void write(Path folder, String id, Path directory) throws IOException {
    var json = Json.object().put("id", id).put("title", "Count").put("created_at", "2026-01-01T10:00:00Z")
        .put("updated_at", "2026-01-01T11:00:00.123456Z");
    json.putObject("metadata").put("directory", directory.toString()).put("model", "provider/model-x");
    json.put("agent", "build");
    var messages = json.putArray("messages");
    said(messages.addObject(), "user").addObject().put("type", "text").put("text", "Count the stock");
    var answer = said(messages.addObject(), "assistant");
    answer.addObject().put("type", "thinking").put("text", "Hm.");
    answer.addObject().put("type", "text").put("text", "I count.");
    answer.addObject().put("type", "tool_call").put("id", "c1").put("name", "bash").put("arguments", "{\"command\":\"wc\"}");
    said(messages.addObject(), "tool").addObject().put("type", "tool_result").put("tool_call_id", "c1").put("content", "42");
    said(messages.addObject(), "assistant").addObject().put("type", "text").put("text", "There are 42.");
    json.putArray("tool_uses").addObject().put("id", "c1");
    json.putObject("usage").put("total_tokens", 15);
    Files.writeString(folder.resolve(id + ".json"), Json.pretty(json));
  }

  private static ArrayNode said(ObjectNode message, String role) {
    return message.put("role", role).putArray("content");
  }
}
