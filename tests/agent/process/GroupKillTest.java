package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.agent.process.Supervisor;
import lib.core.Environment;
import lib.core.Json;
import lib.core.os.ProcFs;
import lib.core.os.SystemCalls;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.Program;

/** Supervisor and agent are killed at one instant, as by a container's end: the mark tells whether the agent began. */
@Timeout(120)
class GroupKillTest {
  private static final int ROUNDS = 60;
  private static final int KILL = 9;

  @TempDir
  Path temp;
  private Path code;
  private Process supervisor;
  private int attempts;

  /** Where the kill comes. */
  private enum Step {
    SPAWNED, WAITING_FOR_THE_DIRECTORY, BEFORE_THE_MARK, AFTER_THE_MARK, RUNNING
  }

  @BeforeEach
  void prepare() throws IOException {
    code = Files.createDirectory(temp.resolve("code"));
  }

  @ParameterizedTest
  @EnumSource
  void knowsWhetherTheAgentBeganWhereverEverythingIsKilled(Step step) throws Exception {
    var attempt = attempt();
    var path = System.getenv("PATH");
    Process holder = null;
    switch (step) {
      case WAITING_FOR_THE_DIRECTORY -> {
        holder = new ProcessBuilder("flock", "--no-fork", code.toString(), "sh", "-c", "echo held; read line").start();
        holder.inputReader().readLine();
      }
      case BEFORE_THE_MARK -> { // opening it waits for a writer
        Files.delete(attempt.file("prompt"));
        new ProcessBuilder("mkfifo", attempt.file("prompt").toString()).start().waitFor();
      }
      case AFTER_THE_MARK -> {
        var slow = Files.createFile(temp.resolve("setsid"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(slow, "#!/bin/sh\nsleep 60\n");
        path = temp + ":" + path;
      }
      case SPAWNED, RUNNING -> {}
    }
    start(attempt, path);
    Program.await(step.toString(), () -> switch (step) {
      case SPAWNED -> true;
      case WAITING_FOR_THE_DIRECTORY -> ProcFs.commandLine(supervisor.pid()).getFirst().endsWith("/flock");
      case BEFORE_THE_MARK -> marked(attempt).size() >= 3;
      case AFTER_THE_MARK -> attempt.pids().isPresent();
      case RUNNING -> Files.exists(code.resolve("ledger"));
    });
    kill(attempt);
    if (holder != null) {
      holder.getOutputStream().close();
      holder.waitFor();
    }
    var began = attempt.forbidStart();
    switch (step) {
      case WAITING_FOR_THE_DIRECTORY, BEFORE_THE_MARK -> assertThat(began).isFalse();
      case AFTER_THE_MARK, RUNNING -> assertThat(began).isTrue();
      case SPAWNED -> assertThat(began || !Files.exists(code.resolve("ledger"))).isTrue();
    }
    assertThat(attempt.wasStarted()).isEqualTo(began);
    assertThat(Files.exists(code.resolve("ledger"))).isEqualTo(step == Step.RUNNING || began && step == Step.SPAWNED
        && Files.exists(code.resolve("ledger")));
  }

  @Test
  void neverHasAnAgentWithoutAMarkWhateverTheInstant() throws Exception {
    var began = 0;
    for (var round = 0; round < ROUNDS; round++) {
      var attempt = attempt();
      Files.deleteIfExists(code.resolve("ledger"));
      start(attempt, System.getenv("PATH"));
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos() * round / ROUNDS); // from the first program to the running agent
      kill(attempt);
      if (attempt.forbidStart()) {
        began++;
      } else {
        assertThat(code.resolve("ledger")).as("round " + round).doesNotExist();
      }
    }
    assertThat(began).isLessThan(ROUNDS);
  }

  private AttemptDirectory attempt() throws IOException {
    var attempt = AttemptDirectory.of(temp, "t", ++attempts);
    attempt.create();
    attempt.writeInputs("the prompt", Json.object(), Json.object());
    return attempt;
  }

  private void start(AttemptDirectory attempt, String path) throws IOException {
    supervisor = Supervisor.of(Environment.system()).start(attempt, new Supervisor.Launch(List.of("sh", "-c", "echo ran >ledger; sleep 60"),
        Map.of("PATH", path), code, code, Supervisor.Input.PROMPT), Duration.ofMinutes(1));
  }

  /** Kills the supervisor's group at this instant, and then whatever else carries the marker, until nothing is left. */
  private void kill(AttemptDirectory attempt) throws Exception {
    SystemCalls.kill(-supervisor.pid(), KILL);
    for (var left = marked(attempt); !left.isEmpty(); left = marked(attempt)) {
      left.forEach(pid -> SystemCalls.kill(pid, KILL));
    }
    supervisor.waitFor();
  }

  private List<Long> marked(AttemptDirectory attempt) throws IOException {
    return ProcFs.all().stream().filter(process -> ProcFs.variable(process.pid(), Supervisor.MARKER)
        .filter(attempt.path().toString()::equals).isPresent()).map(ProcFs.Stat::pid).toList();
  }
}
