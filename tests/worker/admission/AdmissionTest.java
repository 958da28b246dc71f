package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Codebase;
import lib.core.Json;
import lib.protocol.Task;
import lib.worker.admission.Admission;
import lib.worker.admission.Codebases.Offered;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision;
import lib.worker.admission.WorkerSnapshot;
import lib.worker.context.WorkerIdentity;
import org.junit.jupiter.api.Test;

/** A task runs only when every rule agrees, and each rule says why not. */
class AdmissionTest {
  private static final WorkerIdentity IDENTITY = new WorkerIdentity("w1", "w", "role", "host", List.of("build", "agent"), Path.of("/state"));
  private static final Path DIRECTORY = Path.of("/disk/code/a");
  private static final Offered OFFERED = new Offered("cb", new Codebase("a", Path.of("/code/a"), ""), DIRECTORY, null, null);
  private static final Offered GLOBAL = new Offered("global", new Codebase("global", Path.of("/home/u"), ""), Path.of("/home/u"), null, null);
  private static final WorkerSnapshot FREE = snapshot(Map.of(), 2, Map.of(), Set.of(), Map.of());

  @Test
  void admitsATaskForAnOfferedCodebaseAndNamesTheDirectory() {
    var decision = decide(task(), FREE);
    assertThat(decision.outcome()).isEqualTo(Outcome.ADMIT);
    assertThat(decision.directory()).isEqualTo(DIRECTORY);
    assertThat(decision.reason()).isEmpty();
  }

  @Test
  void rejectsWhatIsForAnother() {
    expectNo(task().put("target_worker_id", "w2"), "target worker: it is for worker w2");
    expectNo(task().put("target_agent_name", "other"), "target agent: it is for agent other");
    var metadata = task();
    metadata.putObject("metadata").put("target_worker_id", "w2");
    expectNo(metadata, "target worker");
    var capability = task();
    capability.putObject("metadata").putArray("required_capabilities").add("build").add("gpu");
    expectNo(capability, "capabilities: not offered here: gpu");
    expectNo(task().put("codebase_id", "unknown"), "codebase: codebase unknown is not offered here");
    expectNo(task().put("status", "running"), "status: the task is running");
  }

  @Test
  void admitsWhatIsForThisWorkerByName() {
    var task = task().put("target_worker_id", "w1").put("target_agent_name", "role");
    task.putObject("metadata").putArray("required_capabilities").add("agent");
    assertThat(decide(task, FREE).outcome()).isEqualTo(Outcome.ADMIT);
  }

  @Test
  void waitsForWhatPassesByItselfAndNamesTheHolder() {
    expectWait(snapshot(Map.of(DIRECTORY, "task t7"), 2, Map.of(), Set.of(), Map.of()), "directory: task t7 works in /disk/code/a");
    expectWait(snapshot(Map.of(), 0, Map.of(), Set.of(), Map.of()), "slot: all slots are taken");
    for (var rule : List.of("intake", "pause", "disk", "memory", "agent")) {
      expectWait(snapshot(Map.of(), 2, Map.of(rule, "because"), Set.of(), Map.of()), rule + ": because");
    }
    expectWait(snapshot(Map.of(), 2, Map.of(), Set.of("t"), Map.of()), "report: ");
  }

  @Test
  void waitsForAFolderThatDoesNotAnswer() {
    var hanging = new Offered("cb", OFFERED.codebase(), DIRECTORY, null, "/code/a does not answer: its file system hangs");
    expectWait(with(hanging), "codebase: /code/a does not answer: its file system hangs");
  }

  @Test
  void rejectsAFolderThatThisMachineDoesNotAllow() {
    expect(decide(task(), with(new Offered("cb", OFFERED.codebase(), DIRECTORY, "outside", null))), Outcome.REJECT, "roots: outside");
  }

  @Test
  void waitsForAProviderWithALimitAndSaysUntilWhen() {
    var limited = snapshot(Map.of(), 2, Map.of(), Set.of(), Map.of("anthropic", Instant.parse("2026-03-01T12:00:00.5Z")));
    expect(decide(task().put("model", "anthropic/claude"), limited), Outcome.WAIT,
        "limit: anthropic has a usage limit and gets no task until 2026-03-01T12:00:00Z");
    assertThat(decide(task().put("model", "openai/gpt"), limited).outcome()).isEqualTo(Outcome.ADMIT);
    assertThat(decide(task(), limited).outcome()).isEqualTo(Outcome.ADMIT);
  }

  @Test
  void needsNeitherAgentNorDirectoryWhenTheTaskNeedsNone() {
    var busy = new WorkerSnapshot(IDENTITY, Map.of(), Map.of(DIRECTORY, "task t7"), 1, Map.of("agent", "none", "memory", "low"), Set.of(), Map.of());
    for (var type : List.of("echo", "noop", "register_codebase", "register_workspace")) {
      var decision = decide(task().put("agent_type", type), busy);
      assertThat(decision.outcome()).as(type).isEqualTo(Outcome.ADMIT);
      assertThat(decision.directory()).as(type).isNull();
    }
    var paused = snapshot(Map.of(), 1, Map.of("pause", "lunch"), Set.of(), Map.of());
    assertThat(decide(task().put("agent_type", "echo"), paused).outcome()).isEqualTo(Outcome.WAIT);
  }

  @Test
  void takesATaskWithoutACodebaseForGlobal() {
    var task = task();
    task.remove("codebase_id");
    assertThat(decide(task, FREE).directory()).isEqualTo(Path.of("/home/u"));
    assertThat(decide(task, new WorkerSnapshot(IDENTITY, Map.of(), Map.of(), 1, Map.of(), Set.of(), Map.of())).outcome())
        .isEqualTo(Outcome.REJECT);
  }

  @Test
  void rejectsWhatWasDoneUntilItIsQueuedAgain() {
    var task = Task.read(task()).orElseThrow();
    expect(Admission.decide(new Admission.Candidate(task, task.marker(), null), FREE), Outcome.REJECT, "done: ");
    var again = task();
    again.putObject("metadata").put("manual_requeue_at", "now");
    assertThat(Admission.decide(new Admission.Candidate(Task.read(again).orElseThrow(), task.marker(), null), FREE).outcome())
        .isEqualTo(Outcome.ADMIT);
  }

  @Test
  void rejectsARegistrationThatThisWorkerRefuses() {
    var task = Task.read(task().put("agent_type", "register_codebase")).orElseThrow();
    expect(Admission.decide(new Admission.Candidate(task, null, "no such folder"), FREE), Outcome.REJECT, "registration: no such folder");
  }

  @Test
  void letsOneNoOutweighEveryWait() {
    var full = snapshot(Map.of(), 0, Map.of("intake", "stopping"), Set.of(), Map.of());
    assertThat(decide(task().put("target_worker_id", "w2"), full).outcome()).isEqualTo(Outcome.REJECT);
  }

  private static WorkerSnapshot snapshot(Map<Path, String> holders, int slots, Map<String, String> holds, Set<String> pending,
      Map<String, Instant> limits) {
    return new WorkerSnapshot(IDENTITY, Map.of("cb", OFFERED, "global", GLOBAL), holders, slots, holds, pending, limits);
  }

  private static WorkerSnapshot with(Offered offered) {
    return new WorkerSnapshot(IDENTITY, Map.of("cb", offered), Map.of(), 2, Map.of(), Set.of(), Map.of());
  }

  private static Decision decide(ObjectNode task, WorkerSnapshot now) {
    return Admission.decide(new Admission.Candidate(Task.read(task).orElseThrow(), null, null), now);
  }

  private static void expectNo(ObjectNode task, String reason) {
    expect(decide(task, FREE), Outcome.REJECT, reason);
  }

  private static void expectWait(WorkerSnapshot now, String reason) {
    expect(decide(task(), now), Outcome.WAIT, reason);
  }

  private static void expect(Decision decision, Outcome outcome, String reason) {
    assertThat(decision.outcome()).isEqualTo(outcome);
    assertThat(decision.reason()).startsWith(reason);
    assertThat(decision.directory()).isNull();
  }

  private static ObjectNode task() {
    return Json.object().put("id", "t").put("codebase_id", "cb").put("status", "pending").put("prompt", "p");
  }
}
