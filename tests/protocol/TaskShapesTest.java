package tests.protocol;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import lib.core.Json;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A task is understood in every shape that a server gives it, and what a shape leaves out is known to be missing. */
class TaskShapesTest {

  @Test
  void theSingleAnswerOfOldServers() throws Exception {
    var task = read("""
        {"id":"t1","codebase_id":"e53f7f2d","title":"T1","prompt":"do it","agent_type":"plan","model":"p/m","status":"running",
         "priority":2,"created_at":"2026-11-23T23:17:31.902008","started_at":null,"completed_at":null,"result":"text","error":null,
         "session_id":"ses_1","metadata":{"resume_session_id":"ses_0"}}""");
    assertThat(task.codebase()).isEqualTo("e53f7f2d");
    assertThat(task.agent()).isEqualTo("plan");
    assertThat(task.status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(task.modelName()).isEqualTo("p/m");
    assertThat(task.createdAt()).isEqualTo(Instant.parse("2026-11-23T23:17:31.902008Z"));
    assertThat(task.sessionId()).isEqualTo("ses_1");
    assertThat(task.resumeSession()).isEqualTo("ses_0");
    assertThat(task.error()).isNull();
    assertThat(task.result()).isEqualTo("text");
  }

  @Test
  void aDatabaseRowHasItsModelInTheMetadata() throws Exception {
    var task = read("""
        {"id":"t1","codebase_id":null,"title":"T1","prompt":"do it","agent_type":"build","status":"pending","priority":0,
         "worker_id":null,"result":null,"error":"Requeued: stuck for >300s (attempt 2)","metadata":{"model":"p/m","attempts":2},
         "created_at":"2026-11-23T23:17:31.902008+00:00","updated_at":null}""");
    assertThat(task.codebase()).isEqualTo(Task.GLOBAL);
    assertThat(task.modelName()).isEqualTo("p/m");
    assertThat(task.marker()).isEqualTo("0.2.");
    assertThat(task.status()).isEqualTo(TaskStatus.PENDING);
  }

  @Test
  void aThinEventOfTheNewestServersSaysWorkspaceAndDescription() throws Exception {
    var task = read("{\"id\":\"t1\",\"title\":\"T1\",\"description\":\"do it\",\"workspace_id\":\"e53f7f2d\",\"agent_type\":\"build\"}");
    assertThat(task.codebase()).isEqualTo("e53f7f2d");
    assertThat(task.prompt()).isEqualTo("do it");
    assertThat(task.metadata().isObject()).isTrue();
    assertThat(task.raw().path("metadata").isMissingNode()).isTrue();
  }

  @Test
  void whatTheSingleAnswerLostIsTakenFromTheEvent() throws Exception {
    var event = read("{\"id\":\"t1\",\"description\":\"thin\",\"workspace_id\":\"e53f7f2d\",\"priority\":4,"
        + "\"metadata\":{\"model\":\"p/m\"},\"created_at\":\"2026-01-01T00:00:00Z\",\"status\":\"pending\",\"error\":\"old\"}");
    var answer = read("{\"id\":\"t1\",\"workspace_id\":null,\"prompt\":\"full\",\"status\":\"running\",\"metadata\":null}");
    var both = answer.filledFrom(event);
    assertThat(both.codebase()).isEqualTo("e53f7f2d");
    assertThat(both.prompt()).isEqualTo("full");
    assertThat(both.status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(both.priority()).isEqualTo(4);
    assertThat(both.modelName()).isEqualTo("p/m");
    assertThat(both.error()).isNull();
    assertThat(both.createdAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void anAnswerMayBeWrapped() throws Exception {
    assertThat(read("{\"success\":true,\"task\":{\"id\":\"t1\"}}").id()).isEqualTo("t1");
    assertThat(read("{\"task_id\":\"t2\"}").id()).isEqualTo("t2");
    assertThat(read("{\"id\":7}").id()).isEqualTo("7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "null", "7", "\"t1\"", "{\"id\":null}", "{\"id\":\"\"}", "{\"id\":{}}",
      "{\"task\":{}}", "[{\"id\":\"t1\"}]"})
  void withoutAnIdItIsNoTask(String json) throws Exception {
    assertThat(Task.read(Json.read(json))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "{}", "[]", "\"\"", "\"no json\"", "7", "\"{}\""})
  void metadataIsNeverMissing(String metadata) throws Exception {
    var task = read("{\"id\":\"t1\",\"metadata\":" + metadata + "}");
    assertThat(task.metadata().isObject()).isTrue();
    assertThat(task.modelName()).isNull();
    assertThat(task.targetAgent()).isNull();
    assertThat(task.requiredCapabilities()).isEmpty();
    assertThat(task.marker()).isEqualTo("0.0.");
  }

  @Test
  void metadataMayBeJsonAsText() throws Exception {
    var task = read("{\"id\":\"t1\",\"metadata\":\"{\\\"resume_session_id\\\":\\\"ses_1\\\","
        + "\\\"required_capabilities\\\":\\\"a, b\\\"}\"}");
    assertThat(task.resumeSession()).isEqualTo("ses_1");
    assertThat(task.requiredCapabilities()).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource({"'\"model\":\"p/m\"', p/m", "'\"model_ref\":\"p:m\"', p/m", "'\"model_ref\":\"p:m\",\"model\":\"q/n\"', p/m",
      "'\"metadata\":{\"model\":\"p:m\"}', p/m", "'\"model\":\"p/m:free\"', p/m:free", "'\"model_ref\":\"p:a/b\"', p/a/b",
      "'\"model\":\"sonnet\"', sonnet", "'\"model\":\":m\"', :m", "'\"model\":null,\"metadata\":{\"model_ref\":\"p:m:x\"}', p/m:x",
      "'\"model\":\"\"', "})
  void theModelIsFoundWhereverItStands(String fields, String expected) throws Exception {
    assertThat(read("{\"id\":\"t1\"," + fields + "}").modelName()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"pending, PENDING", "RUNNING, RUNNING", "working, RUNNING", "queued, QUEUED", "needs_input, UNKNOWN", ", PENDING"})
  void everyStatusWordIsKnownOrUnknown(String word, TaskStatus status) throws Exception {
    assertThat(read(word == null ? "{\"id\":\"t1\"}" : "{\"id\":\"t1\",\"status\":\"" + word + "\"}").status()).isEqualTo(status);
  }

  @Test
  void bothNamesOfARegistrationAreOne() throws Exception {
    assertThat(read("{\"id\":\"t1\",\"agent_type\":\"register_codebase\"}").registration()).isTrue();
    assertThat(read("{\"id\":\"t1\",\"agent_type\":\"register_workspace\"}").registration()).isTrue();
    assertThat(read("{\"id\":\"t1\",\"agent_type\":\"build\"}").registration()).isFalse();
  }

  @Test
  void eachQueueingHasItsOwnMarker() throws Exception {
    assertThat(Stream.of("{\"id\":\"t\"}", "{\"id\":\"t\",\"attempt\":1}", "{\"id\":\"t\",\"metadata\":{\"attempts\":1}}",
        "{\"id\":\"t\",\"metadata\":{\"manual_requeue_at\":\"x\"}}", "{\"id\":\"t\",\"metadata\":{\"last_stuck_at\":\"y\"}}")
        .map(this::marker))
        .doesNotHaveDuplicates();
  }

  @Test
  void theTargetMayStandInTheMetadata() throws Exception {
    assertThat(read("{\"id\":\"t1\",\"metadata\":{\"target_agent_name\":\"a\",\"target_worker_id\":\"w\"}}"))
        .satisfies(t -> assertThat(t.targetAgent()).isEqualTo("a")).satisfies(t -> assertThat(t.targetWorker()).isEqualTo("w"));
    assertThat(read("{\"id\":\"t1\",\"target_agent_name\":\"b\",\"metadata\":{\"target_agent_name\":\"a\"}}").targetAgent()).isEqualTo("b");
  }

  private String marker(String json) {
    try {
      return read(json).marker();
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static Task read(String json) throws JsonProcessingException {
    return Task.read(Json.read(json)).orElseThrow();
  }

  @Test
  void whatALogShowsHasNoControlCharacters() {
    var task = Task.read(Json.object().put("id", "t1").put("agent_type", "build\nINFO forged \u001b[31m").put("codebase_id", "cb\u2028"))
        .orElseThrow();
    assertThat(task.agent()).isEqualTo("build\\u000aINFO forged \\u001b[31m");
    assertThat(task.codebase()).isEqualTo("cb\\u2028");
  }
}
