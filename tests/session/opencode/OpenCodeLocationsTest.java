package tests.session.opencode;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.DriverManager;
import lib.config.Codebase;
import lib.session.opencode.HomeDirectories;
import lib.session.opencode.OpenCodeLocations;
import lib.session.sync.SessionStores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.config.Ran;
import tests.session.Captured;

/** Where OpenCode's sessions are read from: where a person says and nowhere else, or the best of what is there, with the reason. */
class OpenCodeLocationsTest {
  @TempDir
  Path home;
  private final Map<String, String> vars = new HashMap<>();

  @Test
  void waitsForTheUsersOwnWithoutAny() {
    var place = place();
    assertThat(place.exists()).isFalse();
    assertThat(place.shown()).isEqualTo(home.resolve(".local/share/opencode/opencode.db"));
    assertThat(place.why()).startsWith("looked in ").contains(".local/share/opencode", ".local/share/agent");
    assertThat(place.problem()).as("an agent that has not run yet is no problem").isNull();
  }

  @Test
  void followsTheVariableOfXdg() {
    vars.put("XDG_DATA_HOME", home.resolve("data").toString());
    Captured.lay("1.18.33", home.resolve("data/opencode"));
    assertThat(place().shown()).isEqualTo(home.resolve("data/opencode/opencode.db"));
    assertThat(place().why()).contains("found");
  }

  @Test
  void looksForTheNameAgentToo() {
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
  }

  @Test
  void skipsAFolderWithLoginsOnly() throws IOException {
    Files.createDirectories(home.resolve(".local/share/opencode"));
    Files.writeString(home.resolve(".local/share/opencode/auth.json"), "{}");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
  }

  @Test
  void readsEveryStoreThatExistsAndMergesThemById() throws Exception {
    var own = home.resolve(".local/share/opencode");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    Files.createDirectories(own.resolve("storage/session/global"));
    Files.writeString(own.resolve("storage/session/global/ses_a.json"), "{\"id\": \"ses_a\", \"directory\": \"/srv/notes\"}");
    assertThat(places()).extracting(OpenCodeLocations.Location::shown)
        .containsExactly(own.resolve("storage"), home.resolve(".local/share/agent/storage"));
    assertThat(ids()).hasSize(5).contains("ses_a");
  }

  @Test
  void readsTheDatabaseOfEveryChannel() throws Exception {
    var data = Captured.lay("1.18.33", home.resolve(".local/share/opencode"));
    var main = ids();
    Files.move(data.resolve("opencode.db"), data.resolve("opencode-stable.db"));
    Files.move(data.resolve("opencode.db-wal"), data.resolve("opencode-stable.db-wal"));
    assertThat(place().shown()).isEqualTo(data.resolve("opencode-stable.db"));
    assertThat(ids()).hasSize(4).isEqualTo(main);
    var beta = Captured.lay("1.18.33", home.resolve("beta"));
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + beta.resolve("opencode.db"));
        var statement = connection.createStatement()) {
      statement.execute("DELETE FROM session WHERE directory <> '/srv/notes'");
      statement.execute("UPDATE session SET title = 'newer', time_updated = time_updated + 1");
      statement.execute("INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated)"
          + " VALUES ('ses_beta', 'global', 'b', '/srv', 'b', 'b', 1, 1)");
    }
    Files.move(beta.resolve("opencode.db"), data.resolve("opencode-beta.db"));
    assertThat(ids()).hasSize(5).containsAll(main).contains("ses_beta");
    var store = Captured.store("opencode", home, vars);
    assertThat(store.messages(Captured.titled(store, "newer"), 10)).isNotEmpty();
    assertThat(store.messages(Captured.titled(store, "List the stock"), 10)).hasSize(4);
  }

  private Set<String> ids() throws IOException {
    var ids = new TreeSet<String>();
    for (var store : new SessionStores(Captured.settings(home, vars), List::of).all()) {
      store.sessions().forEach(session -> ids.add(session.id()));
    }
    return ids;
  }

  @Test
  void looksIntoTheHomesOfTheCodebasesOwners() throws IOException {
    var owner = Files.getOwner(home).getName();
    var users = Files.writeString(home.resolve("users"),
        "broken\nx:y\n" + owner + ":x:7:7:A Name:" + home.resolve("theirs") + ":/bin/sh\n");
    Captured.lay("1.18.33", home.resolve("theirs/.local/share/opencode"));
    var codebase = Files.createDirectories(home.resolve("code"));
    var place = OpenCodeLocations.find(Captured.settings(home, vars), List.of(new Codebase("code", codebase, "")),
        new HomeDirectories(users)).getFirst();
    assertThat(place.shown()).isEqualTo(home.resolve("theirs/.local/share/opencode/opencode.db"));
  }

  @Test
  void findsAHomeByThePathWhenTheOwnerIsUnknown() {
    var homes = new HomeDirectories(home.resolve("no-list"));
    assertThat(homes.of(Stream.of("/home/ada/code/shop", "/home/ada/other", "/Users/bob/x", "/home", "/srv/shop").map(Path::of).toList()))
        .containsExactly(Path.of("/home/ada"), Path.of("/Users/bob"));
    vars.put("A2A_AGENT_BIN", "/home/carol/bin/agent");
    assertThat(place().why()).contains("/home/carol/.local/share/opencode");
  }

  @Test
  void neverReplacesALocationThatAPersonNames() throws IOException {
    Captured.lay("1.18.33", home.resolve(".local/share/opencode"));
    vars.put("A2A_AGENT_STORAGE_PATH", home.resolve("mistyped").toString());
    var place = place();
    assertThat(place.exists()).isFalse();
    assertThat(place.problem().line()).contains(home.resolve("mistyped").toString(), "A2A_AGENT_STORAGE_PATH", "no such folder",
        "correct agent_storage_path");
    assertThat(Captured.store("opencode", home, vars).sessions()).isEmpty();
    Files.createDirectories(home.resolve("mistyped"));
    assertThat(place().problem().line()).contains("neither opencode.db nor storage/session");
  }

  @Test
  void readsOnlyTheDatabaseThatTheVariableNames() throws IOException {
    var data = home.resolve(".local/share/opencode");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    vars.put("OPENCODE_DB", "mine.db");
    assertThat(place().shown()).isEqualTo(data.resolve("mine.db"));
    assertThat(place().why()).isEqualTo("OPENCODE_DB");
    assertThat(place().problem()).as("OpenCode makes it").isNull();
    Captured.lay("1.18.33", home.resolve("own"));
    vars.put("OPENCODE_DB", home.resolve("own/opencode.db").toString());
    assertThat(Captured.store("opencode", home, vars).sessions()).hasSize(4);
    assertThat(opencode(vars).path("path").asText()).isEqualTo(home.resolve("own/opencode.db").toString());
    for (var nowhere : List.of("", ":memory:")) {
      vars.put("OPENCODE_DB", nowhere);
      assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
    }
  }

  @Test
  void keepsAStoreThatIsMovedAwayAndFindsOneThatComesLater() throws IOException {
    var stores = new SessionStores(Captured.settings(home, vars), List::of);
    assertThat(stores.all()).filteredOn(store -> store.kind().equals("opencode")).hasSize(1);
    var agent = Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    var found = stores.all().get(1);
    assertThat(found.sessions()).hasSize(4);
    Files.move(agent, home.resolve("away"));
    assertThat(stores.all()).contains(found);
    assertThat(found.exists()).isFalse();
    Files.move(home.resolve("away"), agent);
    assertThat(found.sessions()).hasSize(4);
  }

  @Test
  void configShowsWhereSessionsAreReadFromAndWhy() {
    Captured.lay("1.18.33", home.resolve("data"));
    var named = Map.of("OPENCODE_STORAGE_PATH", home.resolve("data/storage").toString());
    var store = opencode(named);
    assertThat(store.path("path").asText()).isEqualTo(home.resolve("data/opencode.db").toString());
    assertThat(store.path("there").asBoolean()).isTrue();
    assertThat(store.path("why").asText()).isEqualTo("agent_storage_path (OPENCODE_STORAGE_PATH)");
    assertThat(store.path("problem").isNull()).isTrue();
    assertThat(Ran.config(home, named, "show").out())
        .contains("(sessions of opencode)", "(sessions of claude)", "agent_storage_path (OPENC");
  }

  @Test
  void configWarnsWhenANamedLocationDoesNotExist() {
    var named = Map.of("A2A_AGENT_STORAGE_PATH", "/nowhere", "A2A_SERVER_URL", "http://127.0.0.1:9");
    assertThat(opencode(named).path("problem").asText()).contains("/nowhere", "no such folder");
    assertThat(Ran.config(home, named, "show").out()).contains("no sessions are found in /nowhere");
    var check = Ran.config(home, named, "check");
    assertThat(check.exit()).as("the agent may make it later").isZero();
    assertThat(check.err()).contains("warning: no sessions are found in /nowhere", "fix: correct agent_storage_path");
  }

  private JsonNode opencode(Map<String, String> named) {
    return Ran.config(home, named, "show", "--json").setting("session_stores").valueStream()
        .filter(store -> store.path("kind").asText().equals("opencode")).findFirst().orElseThrow();
  }

  private OpenCodeLocations.Location place() {
    return places().getFirst();
  }

  private List<OpenCodeLocations.Location> places() {
    return OpenCodeLocations.find(Captured.settings(home, vars), List.of(), new HomeDirectories(home.resolve("no-list")));
  }
}
