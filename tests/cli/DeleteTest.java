package tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;
import lib.cli.output.Amounts;
import lib.core.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.FakeServer;

/** {@code tasks delete} and {@code server prune}, against answers as our own server gives them, and against one that cannot. */
class DeleteTest extends DeskTestBase {
  private FakeServer server;

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(FakeServer.Version.V16);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private Desk.Ran ran(String... args) {
    var all = Stream.concat(Arrays.stream(args), Stream.of("--server", server.url().toString()));
    return desk.alone(all.toArray(String[]::new));
  }

  private void deletes(String id) {
    server.on("DELETE", "/v1/agent/tasks/" + id).answer(200, "{\"success\":true,\"task_id\":\"" + id + "\"}");
  }

  @Test
  void deletesEachTask() {
    deletes("a");
    deletes("b");
    assertThat(ran("tasks", "delete", "a", "b")).isEqualTo(new Desk.Ran(0, "a\tdeleted\nb\tdeleted\n", ""));
    assertThat(ran("tasks", "delete", "--json", "a").out()).isEqualTo("{\"id\":\"a\",\"state\":\"deleted\"}\n");
  }

  @Test
  void deletesTasksThatEndedLongAgo() {
    var old = ended("2026-01-01T00:00:00Z");
    var recent = ended(Instant.now().toString());
    var running = server.addTask(null, "x");
    deletes(old);
    server.on("GET", "/v1/agent/tasks").answer(200, "[]").after(1); // it is gone
    var ran = ran("tasks", "delete", "--finished-before", "30d");
    assertThat(ran.out()).isEqualTo(old + "\tdeleted\n").doesNotContain(recent, running);
    assertThat(ran.exit()).isZero();
  }

  private String ended(String at) {
    return server.addTask(Json.object().put("title", "x").put("prompt", "x").put("status", "completed").put("completed_at", at));
  }

  @Test
  void saysWhyATaskStays() {
    server.on("DELETE", "/v1/agent/tasks/gone").answer(404, "{\"detail\":\"Task not found\"}");
    server.on("DELETE", "/v1/agent/tasks/busy").answer(409, "{\"detail\":\"the task is running: cancel it first\"}");
    assertThat(ran("tasks", "delete", "gone").err()).contains("there is no task gone");
    var busy = ran("tasks", "delete", "busy");
    assertThat(busy.exit()).isEqualTo(1);
    assertThat(busy.err()).contains("task busy is not deleted", "the task is running", "tasks cancel busy");
  }

  @ParameterizedTest
  @CsvSource({"tasks delete,which tasks is not clear", "tasks delete a --finished-before 1d,which tasks is not clear",
      "tasks delete --finished-before soon,--finished-before is 'soon'"})
  void refusesWhatIsNotClear(String line, String problem) {
    var ran = ran(line.split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tasks delete a", "server prune"})
  void anotherServerCannot(String line) {
    server.on("DELETE", "/v1/agent/tasks/a").answer(405, "{\"detail\":\"Method Not Allowed\"}");
    var ran = ran(line.split(" "));
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("this server cannot delete tasks");
  }

  @Test
  void pruneSaysWhatItDeletes() throws Exception {
    server.on("POST", "/v1/server/prune").answer(200, "{\"tasks\":12,\"sessions\":3,\"bytes\":4100000,\"dry_run\":false,\"keep_days\":30}");
    assertThat(ran("server", "prune")).isEqualTo(new Desk.Ran(0, "deleted 12 tasks, 3 sessions, 4.1 MB\n", ""));
    assertThat(ran("server", "prune", "--dry-run").out()).isEqualTo("would delete 12 tasks, 3 sessions, 4.1 MB\n");
    assertThat(Json.read(ran("server", "prune", "--json").out()).path("keep_days").asInt()).isEqualTo(30);
    assertThat(server.requests("POST", "/v1/server/prune")).extracting(r -> r.json().path("dry_run").asBoolean()).containsExactly(false, true, false);
  }

  @ParameterizedTest
  @CsvSource({"0,0 B", "999,999 B", "1000,1.0 kB", "999949,999.9 kB", "999950,1.0 MB", "4100000,4.1 MB", "7000000000000,7000.0 GB"})
  void sizesHaveTheLargestUnit(long bytes, String words) {
    assertThat(Amounts.words(bytes)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"90,1 min 30 s", "90s,1 min 30 s", "0,0 s", "5m,5 min 0 s", "25h,1 d 1 h", "30d,30 d 0 h"})
  void durationsAreReadAndSaid(String typed, String words) {
    assertThat(Amounts.duration(typed).map(Amounts::words)).contains(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "d", "-1", "1.5h", "3w", "1 d"})
  void otherDurationsAreNone(String typed) {
    assertThat(Amounts.duration(typed)).isEmpty();
  }
}
