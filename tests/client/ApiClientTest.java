package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.PathFamily;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.core.Environment;
import lib.protocol.Claim;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** One client works with every generation of server, finds out which it is, and notices when it is replaced. */
class ApiClientTest {
  private static final Duration SILENCE = Duration.ofSeconds(30);

  @ParameterizedTest
  @CsvSource({"D25, OPENCODE", "V13, OPENCODE", "V16, CODEBASES", "HEAD, WORKSPACES"})
  void thePathFamilyIsFoundByAsking(Version version, PathFamily expected) throws Exception {
    try (var server = FakeServer.start(version)) {
      assertThat(client(server).pathFamily()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aTaskGoesItsWholeWay(Version version) throws Exception {
    try (var server = FakeServer.start(version)) {
      var client = client(server);
      client.register(registration());
      var codebase = client.registerCodebase("proj", "/srv/proj", "", "w1");
      assertThat(client.codebases()).containsExactly(codebase);
      var id = client.create(new NewTask(codebase.id(), "title", "do it", "build", 3, "p/m", "ses_1")).id();
      var listed = client.tasks(new ApiClient.Query(TaskStatus.PENDING, null, null, null));
      assertThat(listed).singleElement().satisfies(task -> {
        assertThat(task.codebase()).isEqualTo(codebase.id());
        assertThat(task.modelName()).isEqualTo("p/m");
        assertThat(task.resumeSession()).isEqualTo("ses_1");
        assertThat(task.priority()).isEqualTo(3);
      });
      try (var stream = version == Version.D25 ? null : client.tasks("w1", "n", List.of(codebase.id()), List.of("build"),
          null, SILENCE)) {
        if (stream != null) {
          assertThat(stream.next().name()).isEqualTo("connected");
          assertThat(stream.next().name()).isEqualTo("task_available");
        }
        assertThat(client.claim(id, "w1")).isEqualTo(new Claim.Won(0, Duration.ZERO, 0));
        client.status(TaskReport.running(id, "w1", "ses_2", 0));
        client.output(id, "w1", "häl", Instant.EPOCH, 0, 1);
        client.output(id, "w1", "lo\n", Instant.EPOCH, 0, 2);
        assertThat(client.output(id, 1)).satisfies(output -> {
          assertThat(output.chunks()).containsExactly("lo\n");
          assertThat(output.total()).isEqualTo(2);
        });
        client.status(new TaskReport(id, "w1", TaskStatus.FAILED, "ses_2", "text", "why", 0));
        client.release(new TaskReport(id, "w1", TaskStatus.FAILED, "ses_2", "text", "why", 0));
      }
      assertThat(client.task(id)).satisfies(task -> {
        assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
        assertThat(task.prompt()).isEqualTo("do it");
        assertThat(task.result()).isEqualTo("text");
        assertThat(task.error()).isEqualTo("why");
      });
      assertThat(server.output(id)).isEqualTo("hällo\n");
      client.unregister("w1");
      assertThat(server.workers()).isEmpty();
    }
  }

  @Test
  void bothSpellingsAreSent() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = client(server);
      client.register(registration());
      client.create(new NewTask(null, "title", "do it", "build", 0, null, null));
      try (var stream = client.tasks("w1", "n", List.of("a", "b"), List.of("build", "test"), "7", SILENCE)) {
        stream.next();
      }
      var registered = server.requests("POST", "/v1/agent/workers/register").getFirst().json();
      assertThat(registered.path("codebases")).isEqualTo(registered.path("workspaces")).hasSize(1);
      assertThat(registered.path("global_codebase_id").asText()).isEqualTo("g").isEqualTo(registered.path("global_workspace_id").asText());
      var created = server.requests("POST", "/v1/agent/tasks").getFirst().json();
      assertThat(created.path("codebase_id").asText()).isEqualTo("global").isEqualTo(created.path("workspace_id").asText());
      assertThat(server.requests("GET", "/v1/worker/tasks/stream").getFirst().headers())
          .containsEntry("X-Codebases", "a,b").containsEntry("X-Workspaces", "a,b").containsEntry("X-Capabilities", "build,test")
          .containsEntry("X-Worker-ID", "w1").containsEntry("X-Agent-Name", "n").containsEntry("Last-Event-ID", "7");
    }
  }

  @Test
  void aHeaderTellsAsManyCodebasesAsFit() throws Exception {
    assertThat(streamHeaders(IntStream.range(0, 2000).mapToObj(i -> "codebase" + i).toList(), null).get("X-Codebases"))
        .startsWith("codebase0,codebase1,").hasSizeBetween(7000, 8000).matches(".*,codebase\\d{3}");
  }

  @Test
  void anIdThatCannotStandInAHeaderIsLeftOut() throws Exception {
    assertThat(streamHeaders(List.of("a", "b\nX-Evil: 1", "ü", " c", "d\0", "e f"), "7\n8"))
        .containsEntry("X-Codebases", "a,e f").doesNotContainKeys("X-Evil", "Last-Event-ID");
  }

  @Test
  void aResetEventIdIsNotSent() throws Exception {
    assertThat(streamHeaders(List.of("a"), "")).doesNotContainKey("Last-Event-ID");
  }

  private static Map<String, String> streamHeaders(List<String> codebases, String lastEventId) throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      try (var stream = client(server).tasks("w1", "n", codebases, List.of(), lastEventId, SILENCE)) {
        stream.next();
      }
      return server.requests("GET", "/v1/worker/tasks/stream").getFirst().headers();
    }
  }

  @Test
  void aReplacedServerIsFoundAgain() throws Exception {
    try (var server = FakeServer.start(Version.V13)) {
      var client = client(server);
      var id = server.addTask(null, "do it");
      client.register(registration());
      server.become(Version.HEAD); // answers the old family with 410
      assertThat(client.task(id).prompt()).isEqualTo("do it");
      assertThat(client.pathFamily()).isEqualTo(PathFamily.WORKSPACES);
      server.become(Version.V13); // and knows nothing of the new one
      assertThat(client.task(id).prompt()).isEqualTo("do it");
      assertThat(client.pathFamily()).isEqualTo(PathFamily.OPENCODE);
    }
  }

  @Test
  void aMissingThingIsNoMissingPath() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = client(server);
      assertThatThrownBy(() -> client.task("none")).isInstanceOfSatisfying(ApiException.class,
          e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.MISSING));
      assertThatThrownBy(() -> client.heartbeat("w1", Map.of(), Map.of())).isInstanceOfSatisfying(ApiException.class,
          e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.MISSING));
      server.on("GET", "/v1/agent/tasks/*").answer(404, "Not Found");
      assertThatThrownBy(() -> client.task("none")).isInstanceOfSatisfying(ApiException.class,
          e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.NO_ROUTE));
    }
  }

  @Test
  void aLostClaimIsNoFailure() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = client(server);
      var id = server.addTask(null, "do it");
      assertThat(client.claim(id, "w1")).isInstanceOf(Claim.Won.class);
      assertThat(client.claim(id, "w1")).isInstanceOf(Claim.Won.class);
      assertThat(client.claim(id, "w2")).isInstanceOf(Claim.Lost.class);
      client.release(new TaskReport(id, "w2", TaskStatus.FAILED, null, null, null, 0)); // not ours: 404, and nothing lost
      assertThat(server.status(id)).isEqualTo("pending");
    }
  }

  @Test
  void whatTheServerCannotTellOfOurStreamCountsAsConnected() throws Exception {
    try (var server = FakeServer.start(Version.D25)) {
      assertThat(client(server).connected("w1")).isTrue();
      server.become(Version.V16);
      assertThat(client(server).connected("w1")).isFalse();
    }
  }

  @Test
  void noIdReachesAnotherPath() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      for (var id : List.of("..", "a/b", "a?b=c", "a b", "ü")) {
        assertThatThrownBy(() -> client(server).task(id)).isInstanceOf(ApiException.class);
        assertThat(server.requests().getLast().path()).startsWith("/v1/agent/tasks/").doesNotContain("..");
        assertThat(server.requests().getLast().path().substring("/v1/agent/tasks/".length())).doesNotContain("/");
      }
    }
  }

  static ApiClient client(FakeServer server) throws IOException {
    return new ApiClient(new ServerAddress(server.url(), null, null, env(Map.of())));
  }

  static Environment env(Map<String, String> variables) {
    return new Environment(variables, Path.of("/"), Path.of("/"), "host");
  }

  private static Registration registration() {
    return new Registration("w1", "n", List.of("build"), "host", List.of("cb"), "g");
  }
}
