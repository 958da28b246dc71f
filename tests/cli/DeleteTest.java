package tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import lib.cli.output.Amounts;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.config.Ran;
import tests.fake.FakeServer;

/** {@code tasks delete} and {@code server prune} delete what has ended, on our own server alone. */
class DeleteTest extends DeskTestBase {
  private String ended() throws Exception {
    var id = running("w");
    client.release(new TaskReport(id, "w", TaskStatus.COMPLETED, null, "ok", null, 1));
    return id;
  }

  @Test
  void deletesEachTask() throws Exception {
    var one = ended();
    var two = ended();
    var three = ended();
    assertThat(ran("tasks", "delete", one, two)).isEqualTo(new Ran(0, one + "\tdeleted\n" + two + "\tdeleted\n", ""));
    assertThat(ran("tasks", "delete", "--json", three).json().path("id").asText()).isEqualTo(three);
    assertThat(ran("tasks", "list").out()).doesNotContain(one, two, three);
  }

  @Test
  void saysWhyATaskStays() throws Exception {
    assertThat(ran("tasks", "delete", "gone").err()).contains("there is no task gone");
    var busy = running("w");
    ran("tasks", "delete", busy).fails(1, "task " + busy + " is not deleted", "it is running", "tasks cancel " + busy);
  }

  @Test
  void prunesNothingThatIsRecent() throws Exception {
    var task = ended();
    assertThat(ran("server", "prune", "--dry-run").out()).isEqualTo("would delete 0 tasks, 0 sessions, 0 B\n");
    assertThat(ran("server", "prune").out()).isEqualTo("deleted 0 tasks, 0 sessions, 0 B\n");
    assertThat(ran("server", "prune", "--json").json().path("keep_days").asInt()).isEqualTo(90);
    assertThat(ran("tasks", "show", task).exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tasks delete a", "server prune"})
  void saysThatAnotherServerCannot(String line) throws Exception {
    try (var server = FakeServer.start(FakeServer.Version.V16)) {
      server.on("DELETE", "/v1/agent/tasks/a").answer(405, "{\"detail\":\"Method Not Allowed\"}");
      alone((line + " --server " + server.url()).split(" ")).fails(1, "this server cannot delete tasks");
    }
  }

  @ParameterizedTest
  @CsvSource({"0,0 B", "999,999 B", "1000,1.0 kB", "999949,999.9 kB", "999950,1.0 MB", "4100000,4.1 MB", "7000000000000,7000.0 GB"})
  void sizesHaveTheLargestUnit(long bytes, String words) {
    assertThat(Amounts.words(bytes)).isEqualTo(words);
  }
}
