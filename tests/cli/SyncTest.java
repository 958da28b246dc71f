package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** One pass by command: the same sessions under the same worker's name, and nothing is registered for it. */
class SyncTest extends DeskTestBase {
  private Path code;
  private String id;

  @BeforeEach
  void open() throws Exception {
    code = Files.createDirectories(home.resolve("code"));
    Files.writeString(state("w").resolve("worker-id"), "w1\n");
    id = worker("w1", "code", code.toString());
    session("ses_1", code);
    session("ses_2", Files.createDirectories(home.resolve("elsewhere")));
  }

  private void session(String session, Path directory) throws Exception {
    var storage = home.resolve(".local/share/opencode/storage");
    Files.createDirectories(storage.resolve("session/p"));
    Files.createDirectories(storage.resolve("message").resolve(session));
    Files.writeString(storage.resolve("session/p/" + session + ".json"), "{\"id\":\"" + session + "\",\"title\":\"made\",\"directory\":\""
        + directory + "\",\"time\":{\"created\":1,\"updated\":2}}");
    Files.writeString(storage.resolve("message/" + session + "/msg_1.json"), "{\"id\":\"msg_1\",\"sessionID\":\"" + session
        + "\",\"role\":\"user\",\"time\":{\"created\":1}}");
  }

  @Test
  void uploadsTheSessionsAndPrintsWhatWentOut() throws Exception {
    var ran = ran("sync", "--name", "w", "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    var printed = ran.json();
    assertThat(printed.path("worker_id").asText()).isEqualTo("w1");
    assertThat(printed.path("codebases")).singleElement().satisfies(line -> {
      assertThat(line.path("id").asText()).isEqualTo(id);
      assertThat(line.path("sessions").asInt()).isEqualTo(1);
      assertThat(line.path("messages").asInt()).isEqualTo(1);
      assertThat(line.path("requests").asInt()).isEqualTo(2);
    });
    assertThat(client.sessions().list(id, 10, 0, null).sessions()).singleElement().satisfies(s -> assertThat(s.id()).isEqualTo("ses_1"));
    assertThat(at(200).ran("sync", "--name", "w").out()).contains("CODEBASE", "SESSIONS", id);
  }

  @Test
  void aDryRunSendsNothing() throws Exception {
    var ran = ran("sync", "--name", "w", "--dry-run", "--json");
    assertThat(ran.json().path("codebases").path(0).path("sessions").asInt()).as(ran.err()).isEqualTo(1);
    assertThat(ran.json().path("dry_run").asBoolean()).isTrue();
    assertThat(client.sessions().list(id, 10, 0, null).total()).isZero();
  }

  @Test
  void oneCodebaseCanBeNamedAndOneThatIsNotThereIsSaid() throws Exception {
    var other = worker("w1", "other", Files.createDirectories(home.resolve("elsewhere")).toString());
    var ran = ran("sync", "--name", "w", "--codebase", "other", "--json");
    assertThat(ran.json().path("codebases")).as(ran.err()).singleElement()
        .satisfies(line -> assertThat(line.path("id").asText()).isEqualTo(other));
    ran("sync", "--name", "w", "--codebase", "none").fails(1, "no codebase none", "code");
  }

  @Test
  void withoutAWorkerOfThatNameOrACodebaseOfItsThereIsAProblem() throws Exception {
    ran("sync", "--name", "nobody").fails(1, "no worker has run here yet");
    Files.writeString(state("v").resolve("worker-id"), "v1\n");
    assertThat(ran("sync", "--name", "v").err()).contains("no codebase of worker v1", "register");
    assertThat(client.workers()).hasSize(1);
  }

  @Test
  void aCodebaseThatTheServerDoesNotKnowIsNamedWithWhatToDo() throws Exception {
    var config = Files.writeString(folder.resolve("config.json"), "{\"codebases\": [{\"name\": \"new\", \"path\": \""
        + Files.createDirectories(home.resolve("new")) + "\"}, {\"name\": \"code\", \"path\": \"" + code + "\"}]}");
    var ran = ran("sync", "--name", "w", "--config", config.toString());
    assertThat(ran.err()).contains("codebase new", "is not registered", "register").doesNotContain("codebase code");
    assertThat(ran.exit()).isZero();
  }

  @Test
  void aCodebaseThatTheServerForgetsInBetweenIsNamedWithWhatToDo() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = new ApiClient(new ServerAddress(server.url(), null, null, env()));
      var known = client.registerCodebase("code", code.toString(), "", "w1").id();
      server.on("POST", "/v1/agent/codebases/*/sessions/sync").answer(404, "Codebase not found");
      ranAt(server.url(), "sync", "--name", "w").fails(1, "sessions of codebase " + known, "register", "Codebase not found");
    }
  }

  @Test
  void aStoreThatCannotBeReadIsAProblemAndTakesNothingAway() throws Exception {
    ran("sync", "--name", "w");
    Files.writeString(home.resolve(".local/share/opencode/opencode.db"), "this is no database ".repeat(50));
    var ran = ran("sync", "--name", "w");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).containsOnlyOnce("opencode.db").contains("cannot be read").doesNotContain("no agent has a session");
    assertThat(client.sessions().list(id, 10, 0, null).total()).isEqualTo(1);
  }

  @Test
  void uploadsAnEmptyListWhenNoAgentHasASession() throws Exception {
    Files.delete(home.resolve(".local/share/opencode/storage/session/p/ses_1.json"));
    var ran = ran("sync", "--name", "w");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).contains("no agent has a session in these codebases");
    assertThat(client.sessions().list(id, 10, 0, null).syncedAt()).isNotNull();
  }
}
