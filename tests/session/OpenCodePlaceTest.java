package tests.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.config.Codebase;
import lib.session.OpenCodePlace;
import lib.session.OwnerHomes;
import lib.session.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;
import tests.config.Ran;

/** Where OpenCode's sessions are read from: where a person says and nowhere else, or the best of what is there, with the reason. */
class OpenCodePlaceTest {
  @TempDir
  Path home;
  private final Map<String, String> vars = new HashMap<>();

  @Test
  void withoutAnyTheUsersOwnIsWaitedFor() {
    var place = place();
    assertThat(place.there()).isFalse();
    assertThat(place.database()).isEqualTo(home.resolve(".local/share/opencode/opencode.db"));
    assertThat(place.why()).startsWith("looked in ").contains(".local/share/opencode", ".local/share/agent");
    assertThat(place.problem()).as("an agent that has not run yet is no problem").isNull();
  }

  @Test
  void theVariableOfXdgLeadsToIt() {
    vars.put("XDG_DATA_HOME", home.resolve("data").toString());
    Captured.lay("1.18.33", home.resolve("data/opencode"));
    assertThat(place().shown()).isEqualTo(home.resolve("data/opencode/opencode.db"));
    assertThat(place().why()).isEqualTo("the only one there");
  }

  @Test
  void theNameAgentIsLookedForToo() {
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
  }

  @Test
  void aFolderWithLoginsOnlyIsNoStore() throws IOException {
    Files.createDirectories(home.resolve(".local/share/opencode"));
    Files.writeString(home.resolve(".local/share/opencode/auth.json"), "{}");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
  }

  @Test
  void ofSeveralTheOneWithSessionsOfMostCodebasesIsTaken() throws IOException {
    Files.createDirectories(home.resolve(".local/share/opencode/storage/session/global"));
    Files.writeString(home.resolve(".local/share/opencode/storage/session/global/ses_a.json"),
        "{\"id\": \"ses_a\", \"directory\": \"/srv/notes\"}");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    var place = place("/srv/shop", "/srv/notes", "/srv/other");
    assertThat(place.shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
    assertThat(place.why()).isEqualTo("2 of the codebases have sessions in it; not "
        + home.resolve(".local/share/opencode/storage") + " (1)");
    // as good as each other, the likelier is taken; but one without any sessions is not better
    assertThat(place("/srv/notes").shown()).isEqualTo(home.resolve(".local/share/opencode/storage"));
    Files.delete(home.resolve(".local/share/opencode/storage/session/global/ses_a.json"));
    assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
  }

  @Test
  void theHomesOfThoseWhomTheCodebasesBelongToAreLookedInto() throws IOException {
    var owner = Files.getOwner(home).getName();
    var users = Files.writeString(home.resolve("users"),
        "broken\nx:y\n" + owner + ":x:7:7:A Name:" + home.resolve("theirs") + ":/bin/sh\n");
    Captured.lay("1.18.33", home.resolve("theirs/.local/share/opencode"));
    var codebase = Files.createDirectories(home.resolve("code"));
    var place = OpenCodePlace.of(Captured.settings(home, vars), List.of(new Codebase("code", codebase, "")),
        new OwnerHomes(users), new FakeTime());
    assertThat(place.database()).isEqualTo(home.resolve("theirs/.local/share/opencode/opencode.db"));
  }

  @Test
  void aHomeIsToldByThePathWhereTheOwnerIsUnknown() {
    var homes = new OwnerHomes(home.resolve("no-list"));
    assertThat(homes.of(Stream.of("/home/ada/code/shop", "/home/ada/other", "/Users/bob/x", "/home", "/srv/shop").map(Path::of).toList()))
        .containsExactly(Path.of("/home/ada"), Path.of("/Users/bob"));
    vars.put("A2A_AGENT_BIN", "/home/carol/bin/agent");
    assertThat(place().why()).contains("/home/carol/.local/share/opencode");
  }

  @Test
  void whatAPersonNamesIsNeverReplacedByAnother() throws IOException {
    Captured.lay("1.18.33", home.resolve(".local/share/opencode"));
    vars.put("A2A_AGENT_STORAGE_PATH", home.resolve("mistyped").toString());
    var place = place();
    assertThat(place.there()).isFalse();
    assertThat(place.problem().line()).contains(home.resolve("mistyped").toString(), "A2A_AGENT_STORAGE_PATH", "no such folder",
        "correct agent_storage_path");
    assertThat(Captured.store("opencode", home, new FakeTime(), vars).sessions()).isEmpty();
    Files.createDirectories(home.resolve("mistyped"));
    assertThat(place().problem().line()).contains("neither opencode.db nor storage/session");
  }

  @Test
  void theDatabaseThatOpenCodesOwnVariableNamesIsReadAndNoOther() throws IOException {
    var data = home.resolve(".local/share/opencode");
    Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    vars.put("OPENCODE_DB", "mine.db");
    assertThat(place().database()).isEqualTo(data.resolve("mine.db"));
    assertThat(place().why()).isEqualTo("OPENCODE_DB");
    assertThat(place().problem()).as("OpenCode makes it").isNull();
    Captured.lay("1.18.33", home.resolve("own"));
    vars.put("OPENCODE_DB", home.resolve("own/opencode.db").toString());
    assertThat(Captured.store("opencode", home, new FakeTime(), vars).sessions()).hasSize(4);
    assertThat(opencode(vars).path("path").asText()).isEqualTo(home.resolve("own/opencode.db").toString());
    for (var nowhere : List.of("", ":memory:")) {
      vars.put("OPENCODE_DB", nowhere);
      assertThat(place().shown()).isEqualTo(home.resolve(".local/share/agent/storage"));
    }
  }

  @Test
  void aCodebaseThatComesLaterAndAStoreThatComesBackAreChosenWhileTheWorkerRuns() throws IOException {
    var own = home.resolve(".local/share/opencode");
    Files.createDirectories(own.resolve("storage/session/global"));
    Files.writeString(own.resolve("storage/session/global/ses_a.json"), "{\"id\": \"ses_a\", \"directory\": \"/elsewhere\"}");
    var theirs = Captured.lay("1.0.152", home.resolve(".local/share/agent"));
    var codebases = new ArrayList<Codebase>();
    var store = Stores.of(Captured.settings(home, vars), () -> List.copyOf(codebases), new FakeTime()).getFirst();
    assertThat(store.sessions()).as("no codebase is known yet").hasSize(1);
    codebases.add(new Codebase("shop", Path.of("/srv/shop"), ""));
    assertThat(store.sessions()).hasSize(4);
    Files.move(theirs, home.resolve("away"));
    assertThat(store.sessions()).hasSize(1);
    Files.move(home.resolve("away"), theirs);
    assertThat(store.sessions()).hasSize(4);
  }

  @Test
  void configTellsWhereSessionsAreReadFromAndWhy() {
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
  void configSaysAloudThatANamedPlaceIsNotThere() {
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

  private OpenCodePlace place(String... codebases) {
    return OpenCodePlace.of(Captured.settings(home, vars), Stream.of(codebases).map(path -> new Codebase(path, Path.of(path), "")).toList(),
        new OwnerHomes(home.resolve("no-list")), new FakeTime());
  }
}
