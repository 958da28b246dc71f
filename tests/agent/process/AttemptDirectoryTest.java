package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.agent.process.AttemptDirectory;
import lib.agent.process.RunBudget;
import lib.agent.process.Supervisor;
import lib.core.Json;
import lib.core.MachineFailure;
import lib.core.os.ProcFs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An attempt's files lie where they belong, only their owner reads them, and they say whether the agent was let go. */
class AttemptDirectoryTest {
  @TempDir
  Path state;

  @Test
  void keepsEveryTaskIdWithinTheTasksFolder() {
    for (var id : new String[] {"..", ".", "../../etc", "/etc/passwd", "a/b", "a\\b", "nul\0", "x".repeat(5000), "ü€", " "}) {
      var path = AttemptDirectory.of(state, id, 1).path();
      assertThat(path.normalize()).as(id).isEqualTo(path);
      assertThat(path.getParent().getParent()).as(id).isEqualTo(state.resolve("tasks"));
    }
  }

  @Test
  void givesDifferentIdsDifferentDirectories() {
    assertThat(AttemptDirectory.of(state, "x".repeat(300) + "a", 1)).isNotEqualTo(AttemptDirectory.of(state, "x".repeat(300) + "b", 1));
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    assertThat(AttemptDirectory.of(state, "x".repeat(300) + "Aa", 1)).isNotEqualTo(AttemptDirectory.of(state, "x".repeat(300) + "BB", 1));
  }

  @Test
  void makesTheInputsReadableByTheirOwnerOnly() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("secret", Json.object(), Json.object());
    for (var name : new String[] {"prompt", "task.json", "out", "err"}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.file(name)))).as(name).isEqualTo("rw-------");
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path()))).isEqualTo("rwx------");
  }

  @Test
  void readsNothingFromMissingOrGarbledFiles() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    assertThat(folder.pids()).isEmpty();
    assertThat(folder.exit()).isEmpty();
    Files.writeString(folder.file("exit"), "garbage\n\ncause\n");
    assertThat(folder.exit()).isEmpty();
    Files.writeString(folder.file("exit"), "code \n");
    assertThat(folder.exit()).as("a part of it is no success").isEmpty();
    Files.write(folder.file("task.json"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(folder.task()).isEmpty();
    Files.write(folder.file("attempt.json"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(folder.attempt()).isEmpty();
    Files.write(folder.file("deadline"), new byte[] {(byte) 0xff, 'x'});
    assertThat(RunBudget.read(folder)).as("no number is no deadline in the past").isEmpty();
    Files.writeString(folder.file("exit"), "code 143\ncause ended\n");
    assertThat(folder.exit()).contains(new AttemptDirectory.Exit(143, "ended"));
  }

  @Test
  void hasStartedWhenTheAgentSaidSomethingAndTheMarkIsGone() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    assertThat(folder.wasStarted()).isFalse();
    Files.writeString(folder.file("out"), "hello");
    assertThat(folder.wasStarted()).isTrue();
  }

  @Test
  void hasNotStartedAtAnyInstantWhileItsInputsAreWritten() throws Exception {
    var folder = new AtomicReference<>(AttemptDirectory.of(state, "t", 0));
    var writer = CompletableFuture.runAsync(() -> {
      try {
        for (var i = 1; i < 300; i++) {
          folder.set(AttemptDirectory.of(state, "t", i));
          folder.get().writeInputs("", Json.object(), Json.object());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    while (!writer.isDone()) {
      assertThat(folder.get().wasStarted()).isFalse();
    }
    writer.get();
  }

  @Test
  void findsTheLatestAttemptByItsNumber() throws IOException {
    for (var n : new int[] {1, 2, 10}) {
      AttemptDirectory.of(state, "t", n).writeInputs("", Json.object(), Json.object());
    }
    assertThat(AttemptDirectory.latest(state, "t")).contains(AttemptDirectory.of(state, "t", 10));
    assertThat(AttemptDirectory.latest(state, "unknown")).isEmpty();
  }

  @Test
  void takesNoProcessForTheSupervisorUnlessStartMarkerAndCommandAgree() throws Exception {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.create();
    for (var marker : new String[] {folder.path().toString(), folder.path() + "0", ""}) {
      var builder = new ProcessBuilder("setsid", "sh", "-c", "sleep 60", "a2a-supervisor");
      builder.environment().put("A2A_ATTEMPT", marker);
      var process = builder.start();
      try {
        tests.Program.await("its program", () -> ProcFs.commandLine(process.pid()).getFirst().equals("sh"));
        var start = ProcFs.stat(process.pid()).orElseThrow().start();
        var ours = marker.equals(folder.path().toString());
        Files.deleteIfExists(folder.file("pid"));
        assertThat(Supervisor.find(folder).isPresent()).as("without a mark").isEqualTo(ours);
        Files.writeString(folder.file("pid"), "supervisor " + process.pid() + " " + start + "\nagent 0 0\nboot " + ProcFs.boot() + "\n");
        assertThat(Supervisor.find(folder).isPresent()).as("marker '" + marker + "'").isEqualTo(ours);
        Files.writeString(folder.file("pid"), "supervisor " + process.pid() + " 1\nagent 0 0\nboot " + ProcFs.boot() + "\n");
        assertThat(Supervisor.find(folder)).as("another start time").isEmpty();
        Files.writeString(folder.file("pid"), "supervisor " + process.pid() + " " + start + "\nagent 0 0\nboot another\n");
        assertThat(Supervisor.find(folder)).as("another boot").isEmpty();
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void hasStartedInDoubtWhenTheMachineWasStartedAgain() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    assertThat(folder.wasStarted()).isFalse();
    Files.writeString(folder.file("boot"), "another");
    assertThat(folder.wasStarted()).isTrue();
    assertThat(folder.forbidStart()).isTrue();
  }

  @Test
  void forbidsAStartForGood() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    assertThat(folder.forbidStart()).isFalse();
    assertThat(folder.forbidStart()).as("again").isFalse();
    assertThat(folder.wasStarted()).isFalse();
    assertThat(folder.pids()).isEmpty();
  }

  @Test
  void hasNotStartedWhenTheSupervisorDiedBetweenMakingItsMarkAndWritingIt() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    Files.createFile(folder.file("pid"));
    assertThat(folder.forbidStart()).isFalse();
    assertThat(folder.wasStarted()).isFalse();
  }

  @Test
  void namesThePathAndTheReasonWhenTheMachineCannotWrite() throws IOException {
    var file = Files.createFile(state.resolve("tasks"));
    assertThatThrownBy(() -> AttemptDirectory.of(state, "t", 1).create()).isInstanceOfSatisfying(MachineFailure.class, failure -> {
      assertThat(failure.problem().what()).contains(file.toString());
      assertThat(failure.problem().fix()).contains(state.toString());
    });
  }
}
