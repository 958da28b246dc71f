package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.agent.process.AttemptDirectory;
import lib.agent.process.DirectoryLock;
import lib.agent.process.ProcessTree;
import lib.agent.process.RunBudget;
import lib.agent.process.Supervisor;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.core.MachineFailure;
import lib.core.Problem;
import lib.core.os.ProcFs;
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
    RunBudget.write(folder, Duration.ofMinutes(5));
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
  void givesTheAgentItsPromptItsFolderAndItsArgumentsAsTheyAre() throws Exception {
    start("printf '%s|' \"$@\"; pwd; cat; echo oops >&2", "a b", "", "$x", "'q'");
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
    assertThat(folder.file("out")).hasContent("a b||$x|'q'|" + temp.toRealPath() + "\nthe prompt");
    assertThat(folder.file("err")).hasContent("oops");
  }

  @Test
  void recordsTheExitCode() throws Exception {
    start("exit 7");
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(7, "ended"));
  }

  @Test
  void records127WhenTheAgentIsNotThere() throws Exception {
    go(List.of("/nonexistent/agent"), null, Duration.ofSeconds(5));
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(127, "ended"));
    assertThat(Files.readString(folder.file("err"))).contains("/nonexistent/agent");
  }

  @Test
  void outlivesSignalsAndRecordsTheAgentsOwnEnd() throws Exception {
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
  void leavesSignalsToTheAgent() throws Exception {
    start("trap 'echo got int; exit 3' INT; touch ready; while :; do sleep 0.1; done");
    await(() -> Files.exists(temp.resolve("ready")));
    assertThat(new ProcessTree(folder, supervisor.pid(), Clock.SYSTEM).end()).isTrue();
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(3, "ended"));
    assertThat(folder.file("out")).hasContent("got int");
  }

  @Test
  void endsWhatLeftTheSession() throws Exception {
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
  void endsWhatLeftTheSessionAndClearedItsVariablesWhenItsParentsWereSeen() throws Exception {
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
  void endsAnAgentWhoseBudgetIsUsedUpOnceNoWorkerWatches() throws Exception {
    RunBudget.write(folder, RunBudget.LEAD.negated());
    start("sleep 60");
    pids();
    assertThat(folder.exit()).isEmpty();
    supervisor.getOutputStream().close();
    var ended = exit();
    assertThat(ended.cause()).isEqualTo("deadline");
    assertThat(ended.code()).isGreaterThan(128);
  }

  @Test
  void leavesNoHelperBehind() throws Exception {
    start("echo done");
    exit();
    await(() -> ProcessHandle.allProcesses().noneMatch(process -> ProcFs.variable(process.pid(), Supervisor.MARKER)
        .filter(folder.path().toString()::equals).isPresent()));
  }

  @Test
  void recordsTheEndLaterWhenItCannotBeWrittenNow() throws Exception {
    var inTheWay = Files.createDirectory(folder.file("exit")); // as good as a full disk
    start("echo done");
    await(() -> Files.readString(folder.file("supervisor.log")).contains("/exit"));
    Files.delete(inTheWay);
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
  }

  @Test
  void letsTheAgentGoWhenAnotherWritersDirectoryIsFree() throws Exception {
    var holder = holder();
    go(List.of("sh", "-c", "echo ran"), temp, Duration.ofMinutes(1));
    await(() -> ProcFs.commandLine(supervisor.pid()).getFirst().endsWith("/flock"));
    assertThat(folder.wasStarted()).isFalse();
    assertThat(Supervisor.find(folder)).map(ProcessHandle::pid).contains(supervisor.pid());
    holder.getOutputStream().close();
    assertThat(exit()).isEqualTo(new AttemptDirectory.Exit(0, "ended"));
    assertThat(folder.file("out")).hasContent("ran");
  }

  @Test
  void holdsTheDirectoryForTheAgentsLifeAndNotForItsOrphans() throws Exception {
    var lock = DirectoryLock.of(Environment.system());
    go(List.of("sh", "-c", "setsid sleep 60 & while [ ! -e stop ]; do sleep 0.02; done"), temp, Duration.ofSeconds(5));
    pids();
    assertThat(lock.isHeld(temp)).isTrue();
    assertThat(lock.holder(temp)).hasValue(supervisor.pid());
    Files.createFile(temp.resolve("stop"));
    exit();
    assertThat(lock.isHeld(temp)).as("an orphan is left").isFalse();
  }

  @Test
  void givesUpWithoutTheAgentWhenTheDirectoryNeverBecomesFree() throws Exception {
    var holder = holder();
    go(List.of("sh", "-c", "echo ran"), temp, Duration.ofSeconds(1));
    assertThat(supervisor.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Supervisor.exit(folder, supervisor)).contains(new AttemptDirectory.Exit(75, "busy"));
    assertThat(folder.wasStarted()).isFalse();
    assertThat(folder.forbidStart()).isFalse();
    holder.getOutputStream().close();
  }

  @Test
  void endsASupervisorThatWaitsForItsDirectory() throws Exception {
    var holder = holder();
    go(List.of("sh", "-c", "echo ran"), temp, Duration.ofMinutes(1));
    assertThat(folder.forbidStart()).isFalse();
    Supervisor.abandon(supervisor.toHandle());
    assertThat(supervisor.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(Supervisor.exit(folder, supervisor)).isEmpty();
    holder.getOutputStream().close();
    assertThat(folder.file("out")).isEmptyFile();
  }

  @Test
  void startsNoAgentOnceTheStartIsForbidden() throws Exception {
    var holder = holder();
    go(List.of("sh", "-c", "echo ran"), temp, Duration.ofMinutes(1));
    assertThat(folder.forbidStart()).isFalse();
    holder.getOutputStream().close();
    assertThat(exit().isUnstarted()).isTrue();
    assertThat(folder.wasStarted()).isFalse();
    assertThat(folder.file("out")).isEmptyFile();
  }

  @Test
  void startsNoAgentWhenTheMarkCannotBeWritten() throws Exception {
    Files.createDirectory(folder.file("pid")); // as good as a full disk
    start("echo ran");
    assertThat(exit().isUnstarted()).isTrue();
    Files.delete(folder.file("pid"));
    assertThat(folder.wasStarted()).isFalse();
    assertThat(folder.file("out")).isEmptyFile();
    assertThat(folder.startFailure().problem().why()).contains("pid");
  }

  @Test
  void startsNoAgentWhenItsOutputCannotBeOpened() throws Exception {
    Files.delete(folder.file("err"));
    Files.createSymbolicLink(folder.file("err"), temp.resolve("gone/err"));
    start("echo ran");
    assertThat(exit().isUnstarted()).isTrue();
    assertThat(folder.startFailure().problem().why()).contains(folder.file("err").toString());
  }

  @Test
  void failsAsTheMachineDoesWhenNoProcessCanBeStarted() {
    assertThatThrownBy(() -> Supervisor.of(Environment.system()).start(folder,
        new Supervisor.Launch(List.of("sh"), environment(), temp.resolve("gone"), null, Supervisor.Input.PROMPT), Duration.ofSeconds(5)))
        .isInstanceOfSatisfying(MachineFailure.class, failure -> assertThat(failure.problem().what()).contains(temp.resolve("gone").toString()));
  }

  @Test
  void knowsTheExitCodeWhenSomebodyDeletesTheAttemptsDirectory() throws Exception {
    start("touch ready; while [ -e ready ]; do sleep 0.02; done; exit 3");
    await(() -> Files.exists(temp.resolve("ready")));
    folder.clear();
    Files.delete(temp.resolve("ready"));
    assertThat(supervisor.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Supervisor.exit(folder, supervisor)).contains(new AttemptDirectory.Exit(3, "ended"));
  }

  @Test
  void namesUtilLinuxWhenTheMachineHasNoSetsid() {
    assertThatThrownBy(() -> Supervisor.of(new Environment(Map.of("PATH", temp.toString()), temp, temp, "host")))
        .isInstanceOfSatisfying(Problem.class, problem -> assertThat(problem.fix()).contains("util-linux"));
  }

  @Test
  void namesUtilLinuxForSetsidAndFlockOfBusybox() throws Exception {
    Files.createFile(temp.resolve("busybox")).toFile().setExecutable(true);
    for (var name : List.of("setsid", "flock")) {
      Files.createSymbolicLink(temp.resolve(name), temp.resolve("busybox"));
    }
    assertThat(Supervisor.lack(new Environment(Map.of("PATH", temp.toString()), temp, temp, "host"))).get().asString()
        .contains("no setsid and no flock", "install util-linux");
    assertThat(Supervisor.lack(Environment.system())).isEmpty();
  }

  @Test
  void marksTheStartWithPidsStartTimesAndTheBoot() throws Exception {
    start("sleep 30");
    var pids = pids();
    assertThat(pids.supervisor()).isEqualTo(supervisor.pid());
    assertThat(pids.agent()).isPositive().isNotEqualTo(pids.supervisor());
    assertThat(pids.agentStart()).isGreaterThanOrEqualTo(pids.supervisorStart()).isPositive();
    assertThat(pids.boot()).isEqualTo(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
  }

  /** Another writer in the folder, until its input is closed. */
  private Process holder() throws IOException {
    var holder = new ProcessBuilder("flock", "--no-fork", temp.toString(), "sh", "-c", "echo held; read line").start();
    holder.inputReader().readLine();
    return holder;
  }

  private void start(String script, String... arguments) throws IOException {
    var argv = new ArrayList<>(List.of("sh", "-c", script, "agent"));
    argv.addAll(List.of(arguments));
    go(argv, null, Duration.ofSeconds(5));
  }

  private void go(List<String> argv, Path codebase, Duration patience) throws IOException {
    supervisor = Supervisor.of(Environment.system()).start(folder, new Supervisor.Launch(argv, environment(), temp, codebase, Supervisor.Input.PROMPT), patience);
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
