package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Folders become codebases by a worker's word; a wish from elsewhere becomes a task for whichever worker has the folder. */
class RegistrationTest {
  private static final Map<String, String> WISH = Map.of("name", "app", "path", "/srv/app");

  @RegisterExtension
  final Served hub = new Served();

  @Test
  void refusesAWishWhenNoWorkerIsThereToFulfilIt() throws Exception {
    nobodyIsThere();
    hub.worker("w");
    hub.time.advance(Duration.ofSeconds(301));
    nobodyIsThere();
    Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
    assertThat(hub.post("/v1/agent/codebases", WISH).status()).isEqualTo(200);
  }

  private void nobodyIsThere() throws Exception {
    assertThat(Served.refused(hub.post("/v1/agent/codebases", WISH), 400).detail()).startsWith("No workers available");
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
  }

  @Test
  void aWishBecomesATaskThatAnyWorkerSeesWithAllItNeeds() throws Exception {
    hub.worker("w");
    try (var events = hub.stream("w", Map.of())) {
      var answer = Served.ok(hub.post("/v1/agent/workspaces",
          Map.of("name", "app", "path", "/srv/x/../app/", "description", "the app", "agent_config", Map.of("a", 1))));
      assertThat(answer.path("pending").asBoolean()).isTrue();
      var announced = events.next("task_available").data();
      Served.has(announced, "id", answer.path("task_id").asText(), "codebase_id", "__pending__", "agent_type", "register_codebase");
      assertThat(announced.path("metadata").path("path").asText()).isEqualTo("/srv/app");
      assertThat(announced.path("metadata").path("name").asText()).isEqualTo("app");
      assertThat(announced.path("metadata").path("description").asText()).isEqualTo("the app");
      assertThat(announced.path("metadata").path("agent_config").path("a").asInt()).isEqualTo(1);
      assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending"))).hasSize(1);
      assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w"))).hasSize(1);
    }
    assertThat(Served.ok(hub.get("/v1/agent/codebases"))).isEmpty();
  }

  @Test
  void registeringAFolderAgainKeepsItsId() throws Exception {
    hub.worker("w");
    var id = hub.codebase("w", "/srv/app");
    assertThat(id).matches("[0-9a-f]{8}");
    assertThat(hub.codebase("w", "/srv/./app/")).isEqualTo(id);
    hub.worker("w");
    assertThat(hub.codebase("w", "/srv/app")).isEqualTo(id);
    assertThat(Served.ok(hub.get("/v1/agent/codebases"))).hasSize(1);
  }

  @Test
  void twoLivingWorkersWithTheSamePathDoNotStealFromEachOther() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var ofA = hub.codebase("a", "/home/dev/app");
    var ofB = hub.codebase("b", "/home/dev/app");
    assertThat(ofB).isNotEqualTo(ofA);
    assertThat(hub.codebase("a", "/home/dev/app")).isEqualTo(ofA);
    assertThat(hub.codebase("b", "/home/dev/app")).isEqualTo(ofB);
    assertThat(Served.ok(hub.get("/v1/agent/codebases/" + ofA)).path("worker_id").asText()).isEqualTo("a");
  }

  @Test
  void aFolderWhoseWorkerIsGoneGoesToTheNextOneWithItsId() throws Exception {
    hub.worker("a");
    var id = hub.codebase("a", "/srv/app");
    hub.time.advance(Duration.ofSeconds(301));
    hub.worker("b");
    assertThat(hub.codebase("b", "/srv/app")).isEqualTo(id);
    assertThat(Served.ok(hub.get("/v1/agent/codebases/" + id)).path("worker_id").asText()).isEqualTo("b");
  }

  @Test
  void aPollOfAWorkerBringsWhatIsForItAndNothingElse() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var mine = hub.task(hub.codebase("a", "/srv/a"));
    var foreign = hub.task(hub.codebase("b", "/srv/b"));
    var anybodys = hub.task("global");
    var forB = hub.task("global", Map.of("target_worker_id", "b"));
    var forRole = hub.task("global", Map.of("target_agent_name", "reviewer"));
    assertThat(polled("worker_id=a")).containsExactly(mine, anybodys);
    assertThat(polled("worker_id=a&agent_name=reviewer")).containsExactly(mine, anybodys, forRole);
    assertThat(polled("worker_id=b")).containsExactly(foreign, anybodys, forB);
    assertThat(polled("limit=2")).containsExactly(mine, foreign);
    assertThat(polled("limit=100")).hasSize(5);
  }

  @Test
  void aTaskForACodebaseThatIsNotThereIsRefused() throws Exception {
    for (var path : List.of("/v1/agent/codebases/nope/tasks", "/v1/agent/tasks")) {
      var got = hub.post(path, Map.of("title", "t", "prompt", "p", "codebase_id", "nope"));
      assertThat(got.status()).as(path).isEqualTo(404);
      assertThat(got.detail()).isEqualTo("Codebase not found");
    }
  }

  @Test
  void anEmptyAgentIsTheUsualOne() throws Exception {
    assertThat(hub.show(hub.task("global", Map.of("agent_type", ""))).path("agent_type").asText()).isEqualTo("build");
  }

  @Test
  void neededCapabilitiesAreAListHoweverTheyAreSaid() throws Exception {
    for (var said : List.of(List.of("a", "b"), "[\"a\", \"b\"]", "a, b")) {
      var task = hub.show(hub.task("global", Map.of("metadata", Map.of("required_capabilities", said))));
      assertThat(task.path("metadata").path("required_capabilities")).isEqualTo(Json.array(List.of("a", "b")));
    }
  }

  @Test
  void endsAListAtEightMebibytesAfterItsFirstTask() throws Exception {
    var big = "x".repeat(1_000_000);
    for (var i = 0; i < 10; i++) {
      hub.task("global", i % 2 == 0 ? Map.of("metadata", Map.of("a", big)) : Map.of("prompt", big));
    }
    var bigger = hub.task("global", Map.of("prompt", big.repeat(9), "priority", 1));
    for (var path : List.of("/v1/agent/tasks", "/v1/agent/tasks?worker_id=w&status=pending")) {
      var page = Served.ok(hub.get(path));
      assertThat(page).as(path).hasSize(9);
      assertThat(page.path(0).path("id").asText()).isEqualTo(bigger);
    }
  }

  private List<String> polled(String query) throws Exception {
    return Served.ok(hub.get("/v1/agent/tasks?status=pending&" + query)).valueStream().map(t -> t.path("id").asText()).toList();
  }
}
