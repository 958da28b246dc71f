package tests.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.config.Json;
import lib.task.Admission;
import lib.task.Decision.Say;
import lib.task.View;
import lib.wire.Task;
import org.junit.jupiter.api.Test;

/** A task is taken only when every rule agrees, and each rule says why not. */
class AdmissionTest {
  private static final Path FOLDER = Path.of("/code/a");
  private static final View FREE = new View("w1", "role", List.of("build", "agent"), Map.of("cb", FOLDER, "global", Path.of("/home/u")),
      Set.of(), 2, null, null, Set.of(), Map.of());

  @Test
  void aTaskForAnOfferedFolderIsTakenWhenThereIsRoom() {
    assertThat(say(task(), FREE)).isEqualTo(Say.YES);
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
    assertThat(say(task, FREE)).isEqualTo(Say.YES);
  }

  @Test
  void whatCanChangeByItselfIsWaitedFor() {
    expectWait(new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(FOLDER), 2, null, null, Set.of(), Map.of()), "/code/a");
    expectWait(new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(), 0, null, null, Set.of(), Map.of()), "slot");
    expectWait(new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(), 2, "stopping", null, Set.of(), Map.of()), "stopping");
    expectWait(new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(), 2, null, "no agent CLI", Set.of(), Map.of()),
        "no agent CLI");
    expectWait(new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(), 2, null, null, Set.of("t"), Map.of()), "report");
  }

  @Test
  void aProviderWithALimitIsWaitedForAndTheTimeIsSaid() {
    var limited = new View("w1", "role", FREE.capabilities(), FREE.folders(), Set.of(), 2, null, null, Set.of(),
        Map.of("anthropic", Instant.parse("2026-03-01T12:00:00.5Z")));
    var decision = Admission.decide(Task.read(task().put("model", "anthropic/claude")).orElseThrow(), limited);
    assertThat(decision.say()).isEqualTo(Say.WAIT);
    assertThat(decision.reason()).contains("limit: anthropic", "until 2026-03-01T12:00:00Z");
    assertThat(say(task().put("model", "openai/gpt"), limited)).isEqualTo(Say.YES);
    assertThat(say(task(), limited)).isEqualTo(Say.YES);
  }

  @Test
  void whatNeedsNoAgentNeedsNoFolderAndNoLane() {
    var busy = new View("w1", "role", List.of(), Map.of(), Set.of(FOLDER), 1, null, "no agent CLI", Set.of(), Map.of());
    for (var type : List.of("echo", "noop", "register_codebase", "register_workspace")) {
      assertThat(say(task().put("agent_type", type), busy)).as(type).isEqualTo(Say.YES);
    }
  }

  @Test
  void aTaskWithoutACodebaseIsGlobal() {
    var task = task();
    task.remove("codebase_id");
    assertThat(say(task, FREE)).isEqualTo(Say.YES);
    assertThat(say(task, new View("w1", "role", List.of(), Map.of(), Set.of(), 1, null, null, Set.of(), Map.of()))).isEqualTo(Say.NO);
  }

  @Test
  void aNoOutweighsEveryWait() {
    var full = new View("w1", "role", List.of(), FREE.folders(), Set.of(), 0, "stopping", null, Set.of(), Map.of());
    assertThat(say(task().put("target_worker_id", "w2"), full)).isEqualTo(Say.NO);
  }

  private static void expectNo(ObjectNode task, String reason) {
    var decision = Admission.decide(Task.read(task).orElseThrow(), FREE);
    assertThat(decision.say()).isEqualTo(Say.NO);
    assertThat(decision.reason()).contains(reason);
  }

  private static void expectWait(View view, String reason) {
    var decision = Admission.decide(Task.read(task()).orElseThrow(), view);
    assertThat(decision.say()).isEqualTo(Say.WAIT);
    assertThat(decision.reason()).contains(reason);
  }

  private static Say say(ObjectNode task, View view) {
    return Admission.decide(Task.read(task).orElseThrow(), view).say();
  }

  private static ObjectNode task() {
    return Json.object().put("id", "t").put("codebase_id", "cb").put("status", "pending").put("prompt", "p");
  }
}
