package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentHealth;
import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.core.Json;
import lib.core.os.HostResources;
import lib.worker.admission.HoldMonitor;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Heartbeat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.worker.MadeWorker;

/** Holds say what keeps tasks back, at once and masked, and readers wait for nothing. */
class HoldMonitorTest extends MadeWorker {
  private Path machine;
  private Path agent;
  private AgentInspector inspector;

  @BeforeEach
  void open() throws Exception {
    machine = Files.createDirectories(folder.resolve("machine/proc")).getParent();
    agent = Files.writeString(folder.resolve("opencode"), "#!/bin/sh\necho 1.0.0\n");
    Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwx------"));
  }

  private HoldMonitor monitor(Map<String, String> variables) throws InterruptedException {
    var vars = new HashMap<>(variables);
    vars.put("A2A_AGENT_BIN", agent.toString());
    make(ServerFeatures.own("srv"), Clock.SYSTEM, vars);
    inspector = new AgentInspector(context.settings(), folder, text -> text, AgentListener.NONE, context.clock());
    inspector.inspect();
    return new HoldMonitor(context, new HostResources(machine), inspector, codebases, running);
  }

  @Test
  void holdsEverythingUntilItHasLookedAtTheMachine() throws Exception {
    var holds = monitor(Map.of());
    assertThat(holds.current()).containsOnlyKeys("intake");
    holds.look();
    assertThat(holds.current()).isEmpty();
    assertThat(events).containsExactly(new WorkerEvent.HoldCleared("intake"));
  }

  @Test
  void placesAndClearsAHoldAtOnceAndMasksItsReason() throws Exception {
    var holds = monitor(Map.of());
    holds.look();
    holds.pause("paused by Ann: s3cret-token-value leaks");
    assertThat(holds.current()).containsOnlyKeys("pause");
    assertThat(holds.current().get("pause")).startsWith("paused by Ann").doesNotContain("s3cret");
    holds.resume();
    assertThat(holds.current()).isEmpty();
    holds.journalFailed("disk full");
    assertThat(holds.current().get("disk")).contains("the journal cannot be written: disk full");
    holds.journalWorks();
    assertThat(holds.current()).isEmpty();
    holds.close("the worker is stopping");
    assertThat(holds.current()).containsEntry("intake", "the worker is stopping");
    assertThat(events.toString()).doesNotContain("s3cret");
  }

  @Test
  void saysWhereAgentsOfOtherWorkersAreNotSeen() throws Exception {
    assertThat(weakLocks(monitor(Map.of("PATH", System.getenv("PATH"))))).isEmpty();
    assertThat(weakLocks(monitor(Map.of()))).singleElement().asString().contains(folder.toString(), "util-linux");
  }

  private static List<String> weakLocks(HoldMonitor holds) throws InterruptedException {
    holds.look();
    var status = Json.object();
    holds.status(status);
    return status.path("weak_locks").valueStream().map(Object::toString).toList();
  }

  @Test
  void namesWhatTheMachineLacksInTheOrderOfTheRules() throws Exception {
    Files.writeString(machine.resolve("proc/meminfo"), "MemAvailable: 1024 kB\n");
    var holds = monitor(Map.of("A2A_MIN_FREE_DISK", "1024GiB", "A2A_MIN_FREE_MEMORY", "100MiB"));
    Files.delete(agent);
    inspector.inspect();
    holds.look();
    assertThat(holds.current().keySet()).containsExactly("disk", "memory", "agent");
    assertThat(holds.current().get("memory")).contains("1 MiB of memory are left");
  }

  @Test
  void holdsTheTasksOfAnAgentWhoseBreakerOpensBeforeTheNextLook() throws Exception {
    var holds = monitor(Map.of());
    holds.look();
    for (var i = 0; i < 3; i++) {
      inspector.ended(agent, new AgentHealth.Ended(Duration.ZERO, "agent-error", false, "boom"));
    }
    context.events().publish(new WorkerEvent.AttemptEnded(attempt("t", 0, 0, context.clock().now()), lib.protocol.TaskStatus.FAILED,
        "agent-error", Duration.ZERO));
    assertThat(holds.current().get("agent")).contains("3 tasks in a row");
  }

  @Test
  void heartbeatsGoOnWhileTheFileSystemHangs() throws Exception {
    var fifo = machine.resolve("proc/meminfo"); // reading it waits until somebody writes
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    var holds = monitor(Map.of());
    loop(holds::run);
    loop(new Heartbeat(context, running, holds)::run);
    Program.await("a heartbeat", () -> !server.requests("POST", "/v1/agent/workers/w1/heartbeat").isEmpty());
    Program.await("the hold", () -> holds.current().containsKey("memory"));
    assertThat(holds.current().get("memory")).contains("does not answer");
    holds.pause("lunch");
    assertThat(holds.current()).containsKeys("pause", "memory");
    try (var writer = new FileOutputStream(fifo.toFile())) {
      writer.write("MemAvailable: 99999999 kB\n".getBytes());
    }
    Files.delete(fifo);
    Program.await("its end", () -> !holds.current().containsKey("memory"));
  }

}
