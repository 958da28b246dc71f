package tests.bench;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tests.Heavy;
import tests.Program;

/** The bench prints every figure and leaves no process behind, however it ends. What it measures here means nothing. */
@Heavy
class BenchTest {
  private static final int MINUTES = 5; // beside three other tests on two cores
  private static final String NUMBER = "-?[\\d.,]+";

  @TempDir
  private Path home;
  private Path out;
  private Path err;
  private Process bench;

  @BeforeEach
  void createFiles() throws IOException {
    home = home.toRealPath();
    out = home.resolve("out.txt");
    err = home.resolve("err.txt");
  }

  @AfterEach
  void endProcesses() {
    processes().forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  @Timeout(value = MINUTES, unit = TimeUnit.MINUTES)
  void printsEveryFigureAndLeavesNoProcess() throws Exception {
    start(System.getenv("PATH"), "--quick", "starts", "v16", "output", "noops", "settling", "idle", "commands", "masks", "sync", "growth", "claims", "soak");
    assertThat(exit()).as(this::text).isZero();
    assertThat(processes()).isEmpty();
    assertThat(Files.readString(out)).as(this::text)
        .containsPattern("(?m)^task created -> agent started, ms: N, floor N, ratio N \\(target <= N: \\w+\\)$".replace("N", NUMBER))
        .containsPattern("V16: task created -> agent started, ms: N, floor N".replace("N", NUMBER))
        .containsPattern("V16: agent ended -> task settled, ms: N, floor N".replace("N", NUMBER))
        .containsPattern("V16: CPU of a short task, worker and supervisor, ms: N, floor N".replace("N", NUMBER))
        .containsPattern("lines of one task's output per second: N, floor N".replace("N", NUMBER))
        .containsPattern("noop tasks per second, 16 slots: N, floor N".replace("N", NUMBER))
        .containsPattern("unfinished attempts reported, ms after the start of the process: N".replace("N", NUMBER))
        .containsPattern("attempts whose claim was in doubt decided, ms after the start of the process: N".replace("N", NUMBER))
        .containsPattern("idle RSS, MB: N, floor N".replace("N", NUMBER))
        .containsPattern("idle CPU, % of one core: N, floor N".replace("N", NUMBER))
        .containsPattern("RSS of the embedded server, MB: N".replace("N", NUMBER))
        .containsPattern("first byte of 'serve --port', ms: N".replace("N", NUMBER))
        .containsPattern("MB of a hex dump masked per second: N".replace("N", NUMBER))
        .containsPattern("SQLite: first pass N ms".replace("N", NUMBER))
        .containsPattern("claim with \\[10, 100] pending tasks of others, ms: \\[.*], last by first N".replace("N", NUMBER))
        .containsPattern("claims per second, 32 callers: N, floor N".replace("N", NUMBER))
        .containsPattern("s of rest: N MB, N threads, N file handles".replace("N", NUMBER));
  }

  @Test
  void leavesNoProcessWhenItIsEndedAtWork() throws Exception {
    start(System.getenv("PATH"), "soak"); // at work for minutes
    Program.await("an agent", () -> {
      assertThat(bench.isAlive()).as(this::text).isTrue();
      return processes().stream().anyMatch(p -> environment(p).contains("A2A_ATTEMPT="));
    });
    bench.destroy();
    assertThat(exit()).as(this::text).isNotZero();
    assertThat(processes()).isEmpty();
  }

  @Test
  void leavesNoProcessWhenARowFails() throws Exception {
    start(home.resolve("nothing").toString(), "--quick", "settling"); // without mkfifo
    assertThat(exit()).as(this::text).isEqualTo(1);
    assertThat(Files.readString(err)).contains("the row settling cannot be measured");
    assertThat(processes()).isEmpty();
  }

  @Test
  void refusesAnUnknownRowBeforeItStartsAnything() throws Exception {
    start(System.getenv("PATH"), "start");
    assertThat(exit()).isEqualTo(2);
    assertThat(Files.readString(err)).contains("start is no row");
    assertThat(Files.readString(out)).isEmpty();
  }

  private void start(String path, String... arguments) throws IOException {
    var command = Program.java("scripts.bench");
    command.add(1, "-Djava.io.tmpdir=" + home);
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(Program.environment(home, Map.of("PATH", path)));
    bench = builder.start();
  }

  private int exit() throws InterruptedException {
    assertThat(bench.waitFor(MINUTES, TimeUnit.MINUTES)).as(this::text).isTrue();
    return bench.exitValue();
  }

  /** The bench and everything below it: their home lies in this test's folder. */
  private List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(p -> environment(p).contains("HOME=" + home)).toList();
  }

  /** Empty for a process that has ended or belongs to another user. */
  private static String environment(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/environ"));
    } catch (IOException e) {
      return "";
    }
  }

  private String text() {
    try {
      return Files.readString(out) + Files.readString(err);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
