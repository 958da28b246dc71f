package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.SessionClient.Resume;
import org.junit.jupiter.api.Test;

/** The server resumes a session by one task for the worker that has it, however often it is asked. */
class ResumeTest extends SessionsFixture {
  @Test
  void aResumeIsATaskForTheWorkerThatHasTheSession() throws Exception {
    sync("w", Map.of(), "ses_1");
    var answer = resume("ses_1", Map.of("prompt", "Now add a test, please, and do it well, and document it",
        "agent", "plan", "model", "a/b:c"));
    var task = hub.show(answer.path("task_id").asText());
    assertThat(answer.path("success").asBoolean()).isTrue();
    assertThat(answer.path("message").asText()).isEqualTo("Task queued to resume session ses_1");
    assertThat(answer.path("session_id").asText()).isEqualTo("ses_1").isEqualTo(answer.path("active_session_id").asText());
    Served.has(task, "title", "Resume session: Now add a test, please, and do it well, and docume", "agent_type", "plan", "model", "a/b:c",
        "model_ref", "a:b:c");
    assertThat(task.path("metadata").toString()).isEqualTo("{\"resume_session_id\":\"ses_1\",\"model\":\"a/b:c\"}");
    Served.has(task, "target_worker_id", "w", "codebase_id", codebase);
    var plain = hub.show(resume("ses_1", Map.of()).path("task_id").asText());
    Served.has(plain, "title", "Resume session: Continue", "prompt", "Continue where we left off", "agent_type", "build");
    assertThat(plain.path("model").isNull()).isTrue();
  }

  @Test
  void announcesAtOnceToTheSessionsWorkerOnly() throws Exception {
    hub.worker("v");
    sync("w", Map.of(), "a");
    try (var mine = hub.stream("w", Map.of()); var other = hub.stream("v", Map.of("X-Codebases", codebase))) {
      var task = resume("a", Map.of()).path("task_id").asText();
      assertThat(mine.next("task_available").data().path("id").asText()).isEqualTo(task);
      assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=v"))).isEmpty();
      assertThat(hub.tryClaim(task, "v").code()).isEqualTo("not_eligible");
    }
  }

  @Test
  void pressedTwiceItIsOneTaskUntilThatHasEnded() throws Exception {
    sync("w", Map.of(), "a", "b");
    var first = resume("a", Map.of("prompt", "go"));
    var task = first.path("task_id").asText();
    assertThat(first.path("created").asBoolean()).isTrue();
    Served.has(resume("a", Map.of("prompt", "go")), "task_id", task, "created", false);
    hub.claim(task, "w");
    assertThat(resume("a", Map.of("prompt", "go")).path("task_id").asText()).as("it runs").isEqualTo(task);
    for (var other : List.of(Map.of("prompt", "go on"), Map.of("prompt", "go", "agent", "plan"), Map.of("prompt", "go", "model", "p/m"))) {
      assertThat(resume("a", other).path("task_id").asText()).as(other.toString()).isNotEqualTo(task);
    }
    assertThat(resume("b", Map.of("prompt", "go")).path("task_id").asText()).isNotEqualTo(task);
    Served.ok(hub.report(task, "w", "completed", Map.of("result", "done")));
    assertThat(resume("a", Map.of("prompt", "go")).path("task_id").asText()).as("it has ended").isNotEqualTo(task);
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).hasSize(6);
  }

  @Test
  void aRequestThatIsRepeatedIsOneTaskForGood() throws Exception {
    sync("w", Map.of(), "a");
    var named = Map.of("prompt", "go", "request_id", "r1");
    var task = resume("a", named).path("task_id").asText();
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "failed", Map.of("error", "no")));
    assertThat(resume("a", named).path("task_id").asText()).isEqualTo(task);
    var header = Served.ok(hub.call("POST", sessions + "/a/resume", Map.of("Idempotency-Key", "r1"), "{\"prompt\":\"go\"}"));
    assertThat(header.path("task_id").asText()).isEqualTo(task);
    assertThat(hub.post(sessions + "/a/resume", Map.of("prompt", "other", "request_id", "r1")).code()).isEqualTo("request_id_reused");
    var second = resume("a", Map.of("prompt", "go", "request_id", "r2")).path("task_id").asText();
    assertThat(second).isNotEqualTo(task);
    assertThat(resume("a", Map.of("prompt", "go", "request_id", "r3")).path("task_id").asText()).as("alike, and not ended")
        .isEqualTo(second);
    hub.claim(second, "w");
    Served.ok(hub.report(second, "w", "completed", Map.of()));
    assertThat(resume("a", Map.of("prompt", "go", "request_id", "r3")).path("task_id").asText()).isEqualTo(second);
  }

  @Test
  void twentyAtOnceMakeOneTask() throws Exception {
    sync("w", Map.of(), "a");
    Set<String> tasks = ConcurrentHashMap.newKeySet();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Boolean> press = () -> tasks.add(resume("a", Map.of("prompt", "go")).path("task_id").asText());
      for (Future<Boolean> pressed : threads.invokeAll(Collections.nCopies(20, press))) {
        pressed.get();
      }
    }
    assertThat(tasks).hasSize(1);
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).hasSize(1);
  }

  @Test
  void theWorkerIsTheOwnerElseOneThatIsThereElseTheLast() throws Exception {
    hub.worker("v");
    sync("v", Map.of("sessions", List.of(session("both", "2026-02-01T00:00:00Z"), session("theirs", "2026-01-01T00:00:00Z"))));
    sync("w", Map.of(), "both");
    assertThat(resume("both", Map.of()).path("worker_id").asText()).isEqualTo("w");
    var refused = hub.post(sessions + "/theirs/resume", Map.of());
    Served.refused(refused, 409, "not_eligible");
    assertThat(refused.detail()).contains("worker v", "worker w");
    Served.ok(hub.post("/v1/agent/workers/w/unregister", Map.of()));
    var task = resume("theirs", Map.of());
    assertThat(task.path("worker_id").asText()).isEqualTo("v");
    assertThat(hub.claim(task.path("task_id").asText(), "v")).isEqualTo(1);
    assertThat(resume("both", Map.of("prompt", "other")).path("worker_id").asText()).as("w is gone").isEqualTo("v");
  }

  @Test
  void whatIsNotThereCannotBeResumed() throws Exception {
    assertThat(Served.refused(hub.post(sessions + "/nope/resume", Map.of()), 404).detail()).isEqualTo("Session not found");
    assertThat(hub.post("/v1/agent/codebases/nope/sessions/a/resume", Map.of()).detail()).isEqualTo("Codebase not found");
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
  }
}
