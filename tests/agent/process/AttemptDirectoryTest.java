package tests.agent.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An attempt's files lie where they belong, whatever the server calls a task, and only their owner reads them. */
class AttemptDirectoryTest {
  @TempDir
  Path state;

  @Test
  void noTaskIdLeadsOutOfTheTasksFolder() {
    for (var id : new String[] {"..", ".", "../../etc", "/etc/passwd", "a/b", "a\\b", "nul\0", "x".repeat(5000), "ü€", " "}) {
      var path = AttemptDirectory.of(state, id, 1).path();
      assertThat(path.normalize()).as(id).isEqualTo(path);
      assertThat(path.getParent().getParent()).as(id).isEqualTo(state.resolve("tasks"));
    }
  }

  @Test
  void differentIdsHaveDifferentFolders() {
    assertThat(AttemptDirectory.of(state, "x".repeat(300) + "a", 1)).isNotEqualTo(AttemptDirectory.of(state, "x".repeat(300) + "b", 1));
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    assertThat(AttemptDirectory.of(state, "x".repeat(300) + "Aa", 1)).isNotEqualTo(AttemptDirectory.of(state, "x".repeat(300) + "BB", 1));
  }

  @Test
  void whatTheAgentGetsIsReadableByItsOwnerOnly() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("secret", Json.object(), Json.object());
    for (var name : new String[] {"prompt", "task.json", "out", "err"}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.file(name)))).as(name).isEqualTo("rw-------");
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path()))).isEqualTo("rwx------");
  }

  @Test
  void filesThatAreMissingOrGarbledSayNothing() throws IOException {
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
    assertThat(folder.remaining()).as("no number is no deadline in the past").isEmpty();
    Files.writeString(folder.file("exit"), "code 143\ncause ended\n");
    assertThat(folder.exit()).contains(new AttemptDirectory.Exit(143, "ended"));
  }

  @Test
  void anAgentThatSaidSomethingHasBegunAlthoughItsProcessesAreNotKnownAnyMore() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("", Json.object(), Json.object());
    assertThat(folder.wasStarted()).isFalse();
    Files.writeString(folder.file("out"), "hello");
    assertThat(folder.wasStarted()).isTrue();
  }

  @Test
  void theLatestAttemptIsTheOneWithTheHighestNumber() throws IOException {
    for (var n : new int[] {1, 2, 10}) {
      AttemptDirectory.of(state, "t", n).writeInputs("", Json.object(), Json.object());
    }
    assertThat(AttemptDirectory.latest(state, "t")).contains(AttemptDirectory.of(state, "t", 10));
    assertThat(AttemptDirectory.latest(state, "unknown")).isEmpty();
  }

  @Test
  void aLivingProcessWithoutTheMarkerIsNobodysSupervisor() throws Exception {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.create();
    var boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    for (var marker : new String[] {folder.path().toString(), folder.path() + "0", ""}) {
      var builder = new ProcessBuilder("sleep", "60");
      builder.environment().put("A2A_ATTEMPT", marker);
      var process = builder.start();
      try {
        var stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        var start = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        Files.writeString(folder.file("pid"), "supervisor " + process.pid() + " " + start + "\nagent 0 0\nboot " + boot + "\n");
        tests.Program.await("its program", () -> new String(Files.readAllBytes(Path.of("/proc/" + process.pid() + "/cmdline"))).startsWith("sleep"));
        assertThat(folder.supervisor().isPresent()).as("marker '" + marker + "'").isEqualTo(marker.equals(folder.path().toString()));
        Files.writeString(folder.file("pid"), "supervisor " + process.pid() + " 1\nagent 0 0\nboot " + boot + "\n");
        assertThat(folder.supervisor()).as("another start time").isEmpty();
      } finally {
        process.destroyForcibly();
      }
    }
  }
}
