package tests.session.opencode;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.DriverManager;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.session.Captured;

/** Sessions of real OpenCodes are read the same from every form of their store. */
class OpenCodeStoreTest {
  @TempDir
  Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"1.0.152", "1.2.1", "1.18.33"})
  void listsAllSessionsExceptThoseOfSubAgents(String version) throws IOException {
    var store = Captured.opencode(Captured.lay(version, folder));
    var sessions = Captured.byTitle(store.sessions());
    assertThat(sessions).containsOnlyKeys("List the stock in /srv/shop", "Fake title in /srv/shop", "Fake title in /srv/shop/web",
        "Fake title in /srv/notes");
    assertThat(sessions.get("List the stock in /srv/shop").messages()).isEqualTo(4);
    assertThat(sessions.get("Fake title in /srv/shop").messages()).isEqualTo(3);
    assertThat(sessions.get("Fake title in /srv/notes").project()).isEqualTo("global");
    assertThat(sessions.values()).allSatisfy(session -> {
      assertThat(session.id()).startsWith("ses_");
      assertThat(session.kind()).isEqualTo("opencode");
      assertThat(session.version()).isEqualTo(version);
      assertThat(session.created()).isBetween(Instant.parse("2026-11-26T04:18:00Z"), Instant.parse("2026-11-26T04:19:00Z"));
      assertThat(session.updated()).isAfter(session.created());
      assertThat(session.toJson().path("summary").toString()).isEqualTo("{\"additions\":0,\"deletions\":0,\"files\":0}");
      assertThat(store.session(session.id())).contains(session);
    });
    assertThat(store.session("ses_0000000000000000000000000a")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.0.152", "1.2.1", "1.18.33"})
  void readsMessagesInOrderWithModelTokensAndParts(String version) throws IOException {
    var store = Captured.opencode(Captured.lay(version, folder));
    var messages = store.messages(Captured.titled(store, "List the stock"), 100);
    assertThat(messages).extracting(Message::role).containsExactly("user", "assistant", "assistant", "assistant");
    assertThat(messages).extracting(Message::created).isSorted().doesNotContainNull();
    assertThat(messages).allSatisfy(message -> assertThat(message.model()).isEqualTo("fake/fake-model"));
    assertThat(messages).extracting(Message::agent).containsOnly("build");
    assertThat(messages.get(0).parts()).singleElement().satisfies(part -> assertThat(part.path("text").asText()).contains("List it"));
    assertThat(messages.get(1).parts()).extracting(part -> part.path("type").asText())
        .containsExactly("step-start", "text", "tool", "step-finish");
    var call = messages.get(1).parts().get(2);
    assertThat(call.path("tool").asText()).isEqualTo("bash");
    assertThat(call.path("state").path("output").asText()).isEqualTo("one\n");
    assertThat(call.path("state").path("metadata").has("output")).as("the same text once").isFalse();
    assertThat(messages.get(3).parts().getLast().path("reason").asText()).isEqualTo("stop");
    assertThat(messages.get(3).tokens().path("input").asInt()).isEqualTo(100);
    assertThat(messages.get(3).parts()).allSatisfy(part -> assertThat(part.path("id").asText()).startsWith("prt_"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.0.152", "1.2.1", "1.18.33"})
  void readsOnlyTheNewestMessages(String version) throws IOException {
    var store = Captured.opencode(Captured.lay(version, folder));
    var session = Captured.titled(store, "List the stock");
    var all = ids(store.messages(session, 100));
    assertThat(ids(store.messages(session, 2))).isEqualTo(all.subList(2, 4));
  }

  @Test
  void readsTheDatabaseOnceItHasATableOfSessions() throws IOException {
    // given the files of an old version, and the worker reading them
    Captured.lay("1.0.152", folder);
    var store = Captured.opencode(folder);
    assertThat(store.sessions()).hasSize(4).allSatisfy(session -> assertThat(session.version()).isEqualTo("1.0.152"));
    // when a new version has begun its database, at first empty
    Files.write(folder.resolve("opencode.db"), new byte[0]);
    assertThat(store.sessions()).extracting(Session::version).containsOnly("1.0.152");
    assertThat(store.location()).as("what is shown").isEqualTo(folder.resolve("opencode.db"));
    // and then has a table of sessions
    Captured.lay("1.18.33", folder);
    assertThat(store.sessions()).hasSize(4).allSatisfy(session -> assertThat(session.version()).isEqualTo("1.18.33"));
    assertThat(store.messages(Captured.titled(store, "List the stock"), 10)).hasSize(4);
    // and back, when the database is gone
    Files.delete(folder.resolve("opencode.db"));
    assertThat(store.sessions()).extracting(Session::version).containsOnly("1.0.152");
  }

  @Test
  void isEmptyUntilTheStoreExists() throws IOException {
    var store = Captured.opencode(folder.resolve("later"));
    assertThat(store.sessions()).isEmpty();
    assertThat(store.session("ses_a")).isEmpty();
    Captured.lay("1.0.152", folder.resolve("later"));
    assertThat(store.sessions()).hasSize(4);
  }

  @Test
  void takesADataFolderItsStorageOrItsDatabaseAsLocation() throws IOException {
    Captured.lay("1.0.152", folder.resolve("files"));
    Captured.lay("1.18.33", folder.resolve("database"));
    Files.move(folder.resolve("files/storage"), folder.resolve("copied-by-hand"));
    for (var named : List.of("database", "database/opencode.db", "database/storage", "copied-by-hand")) {
      assertThat(Captured.opencode(folder.resolve(named)).sessions()).as(named).hasSize(4);
    }
  }

  @Test
  void takesTheErrorsSentenceAsTheTextOfAMessage() throws Exception {
    var error = "\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"The key is not valid.\",\"statusCode\":401}}}";
    var files = Captured.opencode(Captured.lay("1.0.152", folder.resolve("a")));
    var last = files.messages(Captured.titled(files, "List the stock"), 1).getFirst();
    var path = folder.resolve("a/storage/message/" + Captured.titled(files, "List the stock").id() + "/" + last.id() + ".json");
    Files.writeString(path, Files.readString(path).strip().replaceFirst("}$", ",") + error);
    deleteParts(folder.resolve("a/storage/part/" + last.id()));
    var data = Captured.lay("1.18.33", folder.resolve("b"));
    var database = Captured.opencode(data);
    var failed = database.messages(Captured.titled(database, "List the stock"), 1).getFirst();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("opencode.db"));
        var statement = connection.createStatement()) {
      statement.execute("UPDATE message SET data = json_set(data, '$.error', json('{\"name\":\"The key is not valid.\"}')) WHERE id = '"
          + failed.id() + "'");
      statement.execute("DELETE FROM part WHERE message_id = '" + failed.id() + "'");
    }
    for (var store : List.of(files, database)) {
      assertThat(store.messages(Captured.titled(store, "List the stock"), 1).getFirst().parts()).singleElement()
          .satisfies(part -> assertThat(part.path("text").asText()).isEqualTo("The key is not valid."));
    }
  }

  private static void deleteParts(Path folder) throws IOException {
    try (var parts = Files.list(folder)) {
      for (var part : parts.toList()) {
        Files.delete(part);
      }
    }
  }

  @Test
  void writesBothFormsAlike() throws IOException {
    var files = first(Captured.opencode(Captured.lay("1.0.152", folder.resolve("a"))));
    var database = first(Captured.opencode(Captured.lay("1.18.33", folder.resolve("b"))));
    assertThat(files.propertyStream().map(Map.Entry::getKey)).containsExactlyElementsOf(
        database.propertyStream().map(Map.Entry::getKey).toList());
  }

  private static JsonNode first(SessionStore store) throws IOException {
    var session = Captured.titled(store, "List the stock");
    return Json.object().<ObjectNode>set("session", session.toJson())
        .setAll(store.messages(session, 1).getFirst().toJson(session.id()));
  }

  private static List<String> ids(List<Message> messages) {
    return messages.stream().map(Message::id).toList();
  }
}
