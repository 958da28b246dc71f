package tests.agent.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessTree;
import lib.agent.process.Supervisor;
import lib.core.Clock;
import lib.core.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The supervisor's contract, with real processes: it records the truth, outlives what it must, and ends what it must. */
@Timeout(60)
class SupervisorTest {
  @TempDir
  Path temp;
  private AttemptDirectory folder;
  private Process supervisor;

  @BeforeEach
  void prepare() throws IOException {
    folder = AttemptDirectory.of(temp, "t", 1);
    folder.writeInputs("the prompt", Json.object(), Json.object());
    folder.deadline(Duration.ofMinutes(5));
  }

  @AfterEach
  void endAll() throws IOException, InterruptedException {
    if (supervisor != null) {
      new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM).end();
      supervisor.waitFor(5, TimeUnit.SECONDS); // it writes down the end of its agent
      supervisor.destroyForcibly().waitFor();
    }
  }

  @Test
  void theAgentGetsItsPromptItsFolderAndItsArgumentsAsTheyAre() throws Exception {
    start("printf '%s|' \"$@\"; pwd; cat; echo oops >&2", "a b", "", "$x", "'q'");
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
    assertThat(folder.file("out")).hasContent("a b||$x|'q'|" + temp.toRealPath() + "\nthe prompt");
    assertThat(folder.file("err")).hasContent("oops");
  }

  @Test
  void theExitCodeAndTheSignalAreRecorded() throws Exception {
    start("exit 7");
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(7, "ended"));
  }

  @Test
  void anAgentThatIsNotThereEndsWith127() throws Exception {
    go(List.of("/nonexistent/agent"), null, Duration.ofSeconds(5));
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(127, "ended"));
    assertThat(Files.readString(folder.file("err"))).contains("/nonexistent/agent");
  }

  @Test
  void theSupervisorOutlivesSignalsAndRecordsTheAgentsOwnEnd() throws Exception {
    start("sleep 30");
    var pids = pids();
    for (var signal : new String[] {"INT", "TERM", "HUP"}) {
      kill(signal, pids.supervisor());
    }
    assertThat(ProcessHandle.of(pids.supervisor())).isPresent();
    kill("KILL", pids.agent());
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(137, "ended"));
  }

  @Test
  void signalsWorkInTheAgent() throws Exception {
    start("trap 'echo got int; exit 3' INT; touch ready; while :; do sleep 0.1; done");
    await(() -> Files.exists(temp.resolve("ready")));
    assertThat(new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM).end()).isTrue();
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(3, "ended"));
    assertThat(folder.file("out")).hasContent("got int");
  }

  @Test
  void whatLeftTheSessionIsFoundAndEnded() throws Exception {
    start("setsid sh -c 'echo $$ >escaped; trap : TERM INT; while :; do sleep 0.1; done' & while [ ! -s escaped ]; do sleep 0.05; done");
    exit();
    var escaped = Long.parseLong(Files.readString(temp.resolve("escaped")).strip());
    assertThat(ProcessHandle.of(escaped)).isPresent();
    var session = new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM);
    assertThat(session.processes()).contains(escaped);
    assertThat(session.sweep()).isTrue();
    assertThat(session.processes()).isEmpty();
  }

  @Test
  void whatLeftTheSessionAndClearedItsVariablesIsEndedWithTheAgentThatStartedIt() throws Exception {
    // its parents obey INT at once, which it ignores: from then on only what was seen before tells whose it is
    start("sh -c \"env -i setsid sh -c 'trap : INT; echo \\$\\$ >escaped; while :; do sleep 0.1; done' & wait\" & wait");
    await(() -> Files.exists(temp.resolve("escaped")) && Files.size(temp.resolve("escaped")) > 0);
    var escaped = Long.parseLong(Files.readString(temp.resolve("escaped")).strip());
    try {
      assertThat(new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM).end()).isTrue();
      await(() -> ProcessHandle.of(escaped).isEmpty());
    } finally {
      ProcessHandle.of(escaped).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void theSupervisorEndsAnAgentWhoseBudgetIsUsedUp() throws Exception {
    folder.deadline(Duration.ZERO);
    start("sleep 60");
    var ended = exit();
    assertThat(ended.cause()).isEqualTo("deadline");
    assertThat(ended.code()).isGreaterThan(128);
  }

  @Test
  void anEndThatCannotBeWrittenIsWrittenLater() throws Exception {
    var inTheWay = Files.createDirectory(folder.file("exit.tmp")); // as good as a full disk
    start("echo done");
    await(() -> Files.readString(folder.file("supervisor.log")).contains("exit.tmp"));
    assertThat(folder.exit()).isEmpty();
    Files.delete(inTheWay);
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
  }

  @Test
  void theSecondWriterWaitsForTheFirstOnesLane() throws Exception {
    var lane = temp.resolve("lane");
    var holder = holder(lane);
    go(List.of("sh", "-c", "echo ran"), lane, Duration.ofMinutes(1));
    await(() -> supervisor.descendants().anyMatch(p -> p.info().command().orElse("").endsWith("/flock")));
    assertThat(folder.file("out")).isEmptyFile();
    holder.getOutputStream().close();
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
    assertThat(folder.file("out")).hasContent("ran");
  }

  @Test
  void aLaneThatNeverBecomesFreeEndsTheWaitWithoutTheAgent() throws Exception {
    var lane = temp.resolve("lane");
    var holder = holder(lane);
    go(List.of("sh", "-c", "echo ran"), lane, Duration.ofSeconds(1));
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(75, "lane"));
    assertThat(folder.file("out")).isEmptyFile();
    holder.getOutputStream().close();
  }

  @Test
  void anAgentThatWaitsForItsLaneCanBeEnded() throws Exception {
    var lane = temp.resolve("lane");
    var holder = holder(lane);
    go(List.of("sh", "-c", "echo ran"), lane, Duration.ofMinutes(1));
    pids();
    assertThat(new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM).end()).isTrue();
    assertThat(exit().code()).isGreaterThan(128);
    assertThat(folder.file("out")).isEmptyFile();
    assertThat(supervisor.descendants()).isEmpty();
    holder.getOutputStream().close();
  }

  @Test
  void pidsCarryStartTimesAndTheBoot() throws Exception {
    start("sleep 30");
    var pids = pids();
    assertThat(pids.supervisor()).isEqualTo(supervisor.pid());
    assertThat(pids.agent()).isPositive().isNotEqualTo(pids.supervisor());
    assertThat(pids.agentStart()).isGreaterThanOrEqualTo(pids.supervisorStart()).isPositive();
    assertThat(pids.boot()).isEqualTo(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
  }

  @Test
  void anAgentThatWasNotLetGoNeverRunsAndThatIsOnRecord() throws Exception {
    try (var held = Supervisor.hold(folder, List.of("sh", "-c", "echo ran"), environment(),
        temp, temp.resolve("lane"), Duration.ofSeconds(5))) {
      await(() -> folder.pids().isPresent());
      assertThat(held).isNotNull();
    }
    assertThat(folder.exit()).contains(new AttemptDirectory.Exit(0, "withheld"));
    assertThat(folder.file("out")).isEmptyFile();
    folder.clear();
    assertThat(folder.path()).doesNotExist();
  }

  /** Another writer in the folder, until its input is closed. */
  private static Process holder(Path lane) throws IOException {
    var holder = new ProcessBuilder("sh", "-c", "exec 9>>\"$0\"; flock 9; echo held; read line", lane.toString()).start();
    holder.inputReader().readLine();
    return holder;
  }

  private void start(String script, String... arguments) throws IOException {
    var argv = new ArrayList<>(List.of("sh", "-c", script, "agent"));
    argv.addAll(List.of(arguments));
    go(argv, null, Duration.ofSeconds(5));
  }

  private void go(List<String> argv, Path lane, Duration patience) throws IOException {
    var held = Supervisor.hold(folder, argv, environment(), temp, lane, patience);
    supervisor = held.process();
    held.go();
  }

  private static Map<String, String> environment() {
    return new HashMap<>(Map.of("PATH", System.getenv("PATH")));
  }

  private AttemptDirectory.Exit exit() throws Exception {
    await(() -> folder.exit().isPresent());
    assertThat(supervisor.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return folder.exit().orElseThrow();
  }

  private AttemptDirectory.Pids pids() throws Exception {
    await(() -> folder.pids().isPresent());
    return folder.pids().orElseThrow();
  }

  private static void kill(String signal, long pid) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + pid).start().waitFor();
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) { // the class's timeout is the deadline
      Thread.sleep(10);
    }
  }
}
