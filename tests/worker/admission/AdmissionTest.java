package tests.worker.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.core.Json;
import lib.wire.Task;
import lib.worker.admission.Admission;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.HoldReasons;
import lib.worker.admission.WorkerSnapshot;
import org.junit.jupiter.api.Test;

/** A task is taken only when every rule agrees, and each rule says why not. */
class AdmissionTest {
  private static final Path FOLDER = Path.of("/code/a");
  private static final WorkerSnapshot FREE = new WorkerSnapshot("w1", "role", List.of("build", "agent"), Map.of("cb", FOLDER, "global", Path.of("/home/u")),
      Map.of(), Set.of(), 2, HoldReasons.NONE, Set.of(), Map.of());

  private static final HoldReasons STOPPING = new HoldReasons("stopping", null, null, null, null);
  private static final HoldReasons NO_AGENT = new HoldReasons(null, null, null, null, "no agent CLI");

  @Test
  void aTaskForAnOfferedFolderIsTakenWhenThereIsRoom() {
    assertThat(say(task(), FREE)).isEqualTo(Outcome.ADMIT);
  }

  @Test
  void tasksForOthersAreNotTaken() {
    expectNo(task().put("target_worker_id", "w2"), "target worker");
    expectNo(task().put("target_agent_name", "other"), "target agent");
    var metadata = task();
    metadata.putObject("metadata").put("target_worker_id", "w2");
    expectNo(metadata, "target worker");
    var capability = task();
    capability.putObject("metadata").putArray("required_capabilities").add("build").add("gpu");
    expectNo(capability, "gpu");
    expectNo(task().put("codebase_id", "unknown"), "unknown");
    expectNo(task().put("status", "running"), "running");
  }

  @Test
  void tasksForUsByNameAreTaken() {
    var task = task().put("target_worker_id", "w1").put("target_agent_name", "role");
    task.putObject("metadata").putArray("required_capabilities").add("agent");
    assertThat(say(task, FREE)).isEqualTo(Outcome.ADMIT);
  }

  @Test
  void whatCanChangeByItselfIsWaitedFor() {
    expectWait(view(Set.of(FOLDER), 2, HoldReasons.NONE, Set.of(), Map.of()), "/code/a");
    expectWait(view(Set.of(), 0, HoldReasons.NONE, Set.of(), Map.of()), "slot");
    expectWait(view(Set.of(), 2, STOPPING, Set.of(), Map.of()), "stopping");
    expectWait(view(Set.of(), 2, NO_AGENT, Set.of(), Map.of()), "no agent CLI");
    expectWait(view(Set.of(), 2, new HoldReasons(null, "lunch", null, null, null), Set.of(), Map.of()), "pause: lunch");
    expectWait(view(Set.of(), 2, new HoldReasons(null, null, "full", null, null), Set.of(), Map.of()), "disk: full");
    expectWait(view(Set.of(), 2, new HoldReasons(null, null, null, "low", null), Set.of(), Map.of()), "memory: low");
    expectWait(view(Set.of(), 2, HoldReasons.NONE, Set.of("t"), Map.of()), "report");
  }

  @Test
  void aProviderWithALimitIsWaitedForAndTheTimeIsSaid() {
    var limited = view(Set.of(), 2, HoldReasons.NONE, Set.of(), Map.of("anthropic", Instant.parse("2026-03-01T12:00:00.5Z")));
    var decision = Admission.decide(Task.read(task().put("model", "anthropic/claude")).orElseThrow(), limited);
    assertThat(decision.say()).isEqualTo(Outcome.WAIT);
    assertThat(decision.reason()).contains("limit: anthropic", "until 2026-03-01T12:00:00Z");
    assertThat(say(task().put("model", "openai/gpt"), limited)).isEqualTo(Outcome.ADMIT);
    assertThat(say(task(), limited)).isEqualTo(Outcome.ADMIT);
  }

  @Test
  void whatNeedsNoAgentNeedsNoFolderAndNoLane() {
    var busy = new WorkerSnapshot("w1", "role", List.of(), Map.of(), Map.of(), Set.of(FOLDER), 1, NO_AGENT, Set.of(), Map.of());
    for (var type : List.of("echo", "noop", "register_codebase", "register_workspace")) {
      assertThat(say(task().put("agent_type", type), busy)).as(type).isEqualTo(Outcome.ADMIT);
    }
  }

  @Test
  void aTaskWithoutACodebaseIsGlobal() {
    var task = task();
    task.remove("codebase_id");
    assertThat(say(task, FREE)).isEqualTo(Outcome.ADMIT);
    assertThat(say(task, new WorkerSnapshot("w1", "role", List.of(), Map.of(), Map.of(), Set.of(), 1, HoldReasons.NONE, Set.of(), Map.of()))).isEqualTo(Outcome.REJECT);
  }

  @Test
  void aNoOutweighsEveryWait() {
    var full = view(Set.of(), 0, STOPPING, Set.of(), Map.of());
    assertThat(say(task().put("target_worker_id", "w2"), full)).isEqualTo(Outcome.REJECT);
  }

  /** The worker with its folder, as it is at one moment. */
  private static WorkerSnapshot view(Set<Path> busy, int slots, HoldReasons holds, Set<String> owing, Map<String, Instant> limits) {
    return new WorkerSnapshot("w1", "role", FREE.capabilities(), FREE.folders(), Map.of(), busy, slots, holds, owing, limits);
  }

  private static void expectNo(ObjectNode task, String reason) {
    var decision = Admission.decide(Task.read(task).orElseThrow(), FREE);
    assertThat(decision.say()).isEqualTo(Outcome.REJECT);
    assertThat(decision.reason()).contains(reason);
  }

  private static void expectWait(WorkerSnapshot view, String reason) {
    var decision = Admission.decide(Task.read(task()).orElseThrow(), view);
    assertThat(decision.say()).isEqualTo(Outcome.WAIT);
    assertThat(decision.reason()).contains(reason);
  }

  private static Outcome say(ObjectNode task, WorkerSnapshot view) {
    return Admission.decide(Task.read(task).orElseThrow(), view).say();
  }

  private static ObjectNode task() {
    return Json.object().put("id", "t").put("codebase_id", "cb").put("status", "pending").put("prompt", "p");
  }
}
