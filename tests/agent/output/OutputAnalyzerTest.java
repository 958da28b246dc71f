package tests.agent.output;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.Adapter;
import lib.agent.adapter.ClaudeCode;
import lib.agent.adapter.Codex;
import lib.agent.output.OutputRecorder;
import lib.agent.output.UsageLimit;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Silence;
import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in an agent's output decides how its task ends, so that finding it must never get in the way. */
class OutputAnalyzerTest {
  @TempDir
  Path state;

  @Test
  void aFloodIsReadInPortionsSoThatOrdersAreSeenBetweenThem() throws IOException {
    var folder = AttemptDirectory.of(state, "t1", 1);
    folder.writeInputs("prompt", Json.object(), Json.object());
    Files.writeString(folder.file("out"), "{\"type\":\"text\",\"part\":{\"text\":\"said\"}}\n".repeat(250_000)
        + "{\"type\":\"text\",\"part\":{\"text\":\"the end\"}}\n", StandardOpenOption.APPEND);
    Files.writeString(folder.file("err"), "a complaint\n".repeat(300_000), StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      var portions = 1;
      while (recorder.read(false)) {
        portions++;
      }
      assertThat(portions).isGreaterThan(2);
      assertThat(found.findings().text()).startsWith("said\n").endsWith("the end");
      assertThat(found.findings().stderr()).endsWith("a complaint");
      assertThat(recorder.read(true)).isFalse();
    }
  }

  @Test
  void aTurnThatCalledToolsIsNoResultWhateverItsProviderSays() throws IOException {
    var tool = "{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\",\"state\":{\"status\":\"completed\"}}}\n";
    var stop = "{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\"}}\n";
    assertThat(last(tool + stop)).isEqualTo(Silence.LastEvent.OTHER);
    assertThat(last(tool + stop.replace("stop", "tool-calls") + stop)).isEqualTo(Silence.LastEvent.RESULT);
    assertThat(last(tool + stop + stop)).isEqualTo(Silence.LastEvent.RESULT);
  }

  @Test
  void anAgentThatComesBackAfterItsResultTellsOfAllItsCostAgain() throws IOException {
    var result = "{\"type\":\"result\",\"total_cost_usd\":0.25,\"modelUsage\":{\"m\":{\"inputTokens\":200,\"outputTokens\":40}},"
        + "\"session_id\":\"s\"}\n";
    var folder = folder();
    folder.adapter(new ClaudeCode());
    Files.writeString(folder.file("out"), result + result.replace("0.25", "0.375").replace("200", "300"), StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      assertThat(found.findings().cost()).isEqualTo(0.375);
      assertThat(found.findings().tokensIn()).isEqualTo(300);
    }
  }

  @Test
  void aResultEndsNoWorkWhileTasksAreOpenInTheBackground() throws IOException {
    var result = "{\"type\":\"result\",\"session_id\":\"s\"}\n";
    var begun = "{\"type\":\"system\",\"subtype\":\"task_started\",\"task_id\":\"b\",\"session_id\":\"s\"}\n";
    var folder = folder(new ClaudeCode());
    Files.writeString(folder.file("out"), begun + result, StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(false);
      assertThat(found.last()).isEqualTo(Silence.LastEvent.OTHER);
      assertThat(found.hasResult()).isTrue();
      Files.writeString(folder.file("out"), begun.replace("started", "notification") + result, StandardOpenOption.APPEND);
      recorder.read(false);
      assertThat(found.last()).isEqualTo(Silence.LastEvent.RESULT);
    }
  }

  @Test
  void aQuestionIsMaskedBeforeAnErrorThatQuotesItIsCut() throws IOException {
    var folder = folder();
    Files.writeString(folder.file("out"), "◆  Permission required to run: login hunter2hunter2\n", StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.of(Map.of("hunter2hunter2", "KEY")), 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      assertThat(found.question()).isEqualTo("Permission required to run: login [KEY]");
    }
  }

  @Test
  void whoOnlyRepeatsThatItWaitsHasSaidNothing() throws IOException {
    var folder = folder(new Codex());
    var waits = "{\"type\":\"error\",\"message\":\"Reconnecting... waiting for network\"}\n";
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      Files.writeString(folder.file("out"), waits, StandardOpenOption.APPEND);
      recorder.read(false);
      var lines = found.lines();
      Files.writeString(folder.file("out"), waits.repeat(3), StandardOpenOption.APPEND);
      recorder.read(false);
      assertThat(found.lines()).isEqualTo(lines);
      Files.writeString(folder.file("out"), waits.replace("waiting for network", "2/5") + waits, StandardOpenOption.APPEND);
      recorder.read(false);
      assertThat(found.lines()).isEqualTo(lines + 2);
    }
  }

  @Test
  void keepsTheTimeThatCameBeforeTheRefusal() throws IOException {
    var folder = folder(new ClaudeCode());
    Files.writeString(folder.file("out"),
        "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\"resetsAt\":1800000000}}\n"
        + "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"api_error_status\":429,"
        + "\"result\":\"You've hit your session limit\","
        + "\"session_id\":\"s\"}\n", StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      assertThat(found.limit()).isEqualTo(new UsageLimit("You've hit your session limit", null, Instant.ofEpochSecond(1_800_000_000)));
    }
  }

  private AttemptDirectory folder(Adapter adapter) throws IOException {
    var folder = folder();
    folder.adapter(adapter);
    return folder;
  }

  private Silence.LastEvent last(String out) throws IOException {
    var folder = folder();
    Files.writeString(folder.file("out"), out, StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      return found.last();
    }
  }

  private AttemptDirectory folder() throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.create();
    folder.writeInputs("prompt", Json.object(), Json.object());
    return folder;
  }
}
