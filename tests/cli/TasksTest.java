package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.ApiClient;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.config.Ran;

/** The tasks commands say what is true, and where it goes. */
class TasksTest extends DeskTestBase {
  private String prompt(String line) throws Exception {
    return client.task(line.split("\t")[0]).prompt();
  }

  // --- creating

  @Test
  void aDashIsStandardInput() throws Exception {
    var ran = input("from elsewhere\n").ran("tasks", "create", "-");
    assertThat(ran.exit()).as(ran.toString()).isZero();
    assertThat(prompt(ran.out())).isEqualTo("from elsewhere\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", "-"})
  void aPromptWithoutTextIsRefused(String prompt) throws Exception {
    ran("tasks", "create", prompt).fails(2, "problem: the prompt is empty");
    assertThat(client.tasks(new ApiClient.Query(null, null, null, null))).isEmpty();
    assertThat(alone("run", "--local", "--task", prompt).err()).contains("problem: the prompt is empty");
  }

  @Test
  void aCodebaseWhoseWorkerIsThereIsPreferredAndWhatWasChosenIsSaid() throws Exception {
    var gone = worker("gone", "demo", "/srv/gone");
    client.unregister("gone");
    var there = worker("there", "demo", "/srv/there");
    var ran = ran("tasks", "create", "--codebase", "demo", "x");
    assertThat(ran.err()).isEqualTo("codebase demo (" + there + ") of worker name-of-there\n");
    assertThat(client.task(ran.out().split("\t")[0]).codebaseId()).isEqualTo(there);
    assertThat(ran("tasks", "create", "--codebase", gone, "x").err()).contains("codebase demo (" + gone + ") of no worker",
        "no live worker has codebase demo; the task waits for one");
  }

  @Test
  void theCurrentFolderIsAWorkersOrNone() throws Exception {
    worker("gone", "old", home.toString());
    client.unregister("gone");
    assertThat(ran("tasks", "create", "x").err()).isEqualTo("no codebase\n");
    var id = worker("there", "new", home.toString());
    assertThat(ran("tasks", "create", "x").err()).isEqualTo("codebase new (" + id + ") of worker name-of-there\n");
  }

  // --- listing

  @Test
  void aListIsInTheOrderItPromises() throws Exception {
    task(null, "second", 0);
    task(null, "third", 0);
    task(null, "first", 5);
    assertThat(titles(ran("tasks", "list", "--json").out())).containsExactly("first", "second", "third");
  }

  @Test
  void aListIsOfACodebaseByIdNameOrPath() throws Exception {
    var id = worker("w", "demo", "/srv/demo");
    task(id, "in it", 0);
    task(null, "not in it", 0);
    task(worker("w", "global", "/home/w"), "below none", 0);
    for (var name : List.of(id, "demo", "/srv/demo")) {
      assertThat(titles(ran("tasks", "list", "--json", "--codebase", name).out())).as(name).containsExactly("in it");
    }
    assertThat(titles(ran("tasks", "list", "--json", "--codebase", "global").out())).containsExactlyInAnyOrder("not in it", "below none");
    ran("tasks", "list", "--codebase", "nope").fails(1, "problem: there is no codebase nope", id + " (demo)");
    ran("tasks", "list", "--status", "nope").fails(2, "pending");
  }

  @Test
  void aListIsWholeInAPipeAndFitsATerminal() throws Exception {
    var title = "a title that is much longer than what the terminal has room for, were there one";
    task(null, title, 0);
    var cells = ran("tasks", "list").out().strip().split("\t");
    assertThat(cells[5]).startsWith(title);
    assertThat(Instant.parse(cells[4])).isBeforeOrEqualTo(Instant.now());
    var lines = at(100).ran("tasks", "list").out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).hasSize(100).endsWith("…").containsPattern("  (\\d\\d:\\d\\d|\\d{4}-\\d\\d-\\d\\d) +a title that");
  }

  @Test
  void onATerminalNoTasksAreSaid() {
    assertThat(ran("tasks", "list")).isEqualTo(new Ran(0, "", ""));
    assertThat(at(80).ran("tasks", "list")).isEqualTo(new Ran(0, "", "no tasks\n"));
  }

  // --- output

  @Test
  void aTaskThatWasAnsweredWithoutOutputShowsItsResult() throws Exception {
    var id = answered("the answer");
    assertThat(ran("tasks", "output", id).out()).isEqualTo("the answer\n");
    var followed = ran("tasks", "output", "--follow", id);
    assertThat(followed.exit()).isZero();
    assertThat(followed.out()).isEqualTo("the answer\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void asJsonTheOutputIsOneDocumentAtTheEnd(boolean follow) throws Exception {
    var id = running("w");
    client.output(id, "w", "one\n", Instant.now(), 1, 1);
    client.output(id, "w", "two\n", Instant.now(), 1, 2);
    client.status(new lib.protocol.TaskReport(id, "w", TaskStatus.FAILED, null, "so far", "it broke", 1));
    var ran = follow ? ran("tasks", "output", "--json", "--follow", id) : ran("tasks", "output", "--json", id);
    assertThat(ran.json()).isEqualTo(Json.object().put("id", id).put("status", "failed")
        .<com.fasterxml.jackson.databind.node.ObjectNode>set("outputs", Json.array(List.of("one\n", "two\n")))
        .put("result", "so far").put("error", "it broke"));
    assertThat(ran.exit()).isEqualTo(follow ? 1 : 0);
  }

  @Test
  void onATerminalOthersTextCannotDriveIt() throws Exception {
    var id = answered("red\u001b[31m\tand\u009b2J\r\nbell\u0007");
    assertThat(ran("tasks", "output", id).out()).isEqualTo("red\u001b[31m\tand\u009b2J\r\nbell\u0007\n");
    at(80);
    assertThat(ran("tasks", "output", id).out()).isEqualTo("red[31m\tand2J\nbell\n");
    assertThat(ran("tasks", "show", id).out()).contains("result:\nred[31m\tand2J\nbell\n");
  }

  @Test
  void aReaderThatLeftEndsTheFollowing() throws Exception {
    var id = running("w"); // it never ends
    client.output(id, "w", "one\n", Instant.now(), 1, 1);
    into(new Full(), "tasks", "output", "--follow", id, "--server", hub.url().toString()).fails(1, "problem: the output could not be written");
  }

  @Test
  void whatCannotBeWrittenIsAProblemOfEveryCommand() throws Exception {
    var ran = into(new Full(), "tasks", "list", "--json", "--server", hub.url().toString());
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).containsOnlyOnce("problem: the output could not be written");
  }

  private static final class Full extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      throw new IOException("No space left on device");
    }
  }

  // --- ids

  @ParameterizedTest
  @ValueSource(strings = {"show", "output", "cancel", "requeue"})
  void aTaskThatIsNotThereIsSaidInOneWay(String command) {
    for (var id : List.of("nope", "")) {
      ran("tasks", command, id).fails(1, "problem: there is no task " + (id.isEmpty() ? "''" : id), "fix: tasks list");
    }
    assertThat(alone("tasks", "cancel", "--here", "").err()).contains("problem: there is no task ''");
  }

  // --- cancelling and queueing again

  @Test
  void cancellingWhatHasEndedSaysHowItEnded() throws Exception {
    var done = answered("x");
    ran("tasks", "cancel", done).fails(1, "problem: the task is not cancelled", "it is completed", "it has already ended");
    var waiting = task(null, "x", 0);
    for (var i = 0; i < 2; i++) {
      assertThat(ran("tasks", "cancel", waiting)).isEqualTo(new Ran(0, waiting + "\tcancelled\n", ""));
    }
  }

  @Test
  void queueingAgainSaysWhatTheTaskWas() throws Exception {
    ran("tasks", "requeue", answered("x")).fails(1, "problem: the task is not re-queued", "it is completed");
    assertThat(ran("tasks", "requeue", task(null, "x", 0)).err()).contains("it is pending", "in the queue already");
    var running = running("w");
    assertThat(ran("tasks", "requeue", running)).isEqualTo(new Ran(0, running + "\tpending\n", "it was running, at worker w\n"));
  }

  @Test
  void aWorkerThatIsNotThereCannotCancelHere() throws Exception {
    var attempt = state("w").resolve("tasks/t1/1");
    Files.createDirectories(attempt);
    Files.createFile(state("w").resolve("lock")); // left behind by a worker that was killed
    alone("tasks", "cancel", "--here", "t1").fails(3, "problem: no worker runs that could cancel task t1", "state-dir " + state("w"));
  }
}
