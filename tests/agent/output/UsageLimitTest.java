package tests.agent.output;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.output.OutputRecorder;
import lib.agent.output.UsageLimit;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Silence;
import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A usage limit is recognised, and so is the time that comes with it. */
class UsageLimitTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir
  Path state;

  @ParameterizedTest
  @CsvSource(delimiter = ';', textBlock = """
      Too many requests. Retry-After: 30; 30
      rate limit reached, retry after 2 minutes; 120
      rate limit; 0
      {"error":"rate limit","retry-after-ms":"1500"}; 1.5
      usage limit. Try again in 3 h 20 min; 12000
      usage limit, please try again in 1m30s.; 90
      Usage limit: resets in 2 days and 1 hour; 176400
      usage limit, resets at 2026-03-01T13:00:00Z; 3600
      usage limit, resets at 2026-03-01 13:00; 3600
      usage limit, try again at 2026-03-01T14:00:00+01:00; 3600
      usage limit reached|1772370000; 3600
      usage limit "resets_at": 1772370000000; 3600
      quota exceeded, Retry-After: Sun, 01 Mar 2026 13:00:00 GMT; 3600
      quota exceeded, wait for 45 seconds; 45
      usage limit, resets at 25 o'clock; 0
      """)
  void readsTheTime(String message, double seconds) {
    var wait = UsageLimit.of(new AgentError(message, 0)).orElseThrow().waitFrom(NOW);
    assertThat(wait.map(Duration::toMillis).orElse(0L)).isEqualTo((long) (seconds * 1000));
  }

  @Test
  void theProvidersHeadersCount() {
    var limit = UsageLimit.of(new AgentError("refused", 429, "retry-after: 20\n{\"error\":\"x\"}")).orElseThrow();
    assertThat(limit.waitFrom(NOW)).contains(Duration.ofSeconds(20));
    assertThat(limit.message()).isEqualTo("refused");
  }

  @Test
  void anotherErrorIsNone() {
    assertThat(UsageLimit.of(new AgentError("Model not found", 404))).isEmpty();
    assertThat(UsageLimit.of(new AgentError("write: disk quota exceeded", 0))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Error: 429 Too Many Requests, trying again", "statusCode: 429", "HTTP 429", "rate_limit_error",
      "You have reached your usage limit", "insufficient_quota", "Quota exceeded for model x"})
  void aRetryLoopIsSeenOnStderr(String line) throws IOException {
    assertThat(last("", line)).isEqualTo(Silence.LastEvent.LIMIT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"at retry (src/queue.ts:429:12)", "disk quota exceeded", "testing the rate limiter", "429 tests passed"})
  void whatProgramsWriteIsNoLimit(String line) throws IOException {
    assertThat(last("", line)).isEqualTo(Silence.LastEvent.OTHER);
  }

  @Test
  void aLimitIsOverWhenTheAgentGoesOn() throws IOException {
    try (var found = findings("", "Too Many Requests")) {
      found.read(false);
      assertThat(found.analyzer().last()).isEqualTo(Silence.LastEvent.LIMIT);
      var lines = found.analyzer().lines();
      append("err", found, "Too Many Requests\n    at some place");
      assertThat(found.analyzer().lines()).as("trying again is no sign of life").isEqualTo(lines);
      append("out", found, "{\"type\":\"step_start\",\"sessionID\":\"s\",\"part\":{}}");
      assertThat(found.analyzer().last()).isEqualTo(Silence.LastEvent.OTHER);
    }
  }

  @Test
  void complaintsAfterTheResultAreNoSignOfLife() throws IOException {
    try (var found = findings("{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\"}}", "")) {
      found.read(false);
      var lines = found.analyzer().lines();
      append("err", found, "still here");
      assertThat(found.analyzer().lines()).isEqualTo(lines);
      assertThat(found.analyzer().last()).isEqualTo(Silence.LastEvent.RESULT);
    }
  }

  @Test
  void theBoxInWhichOldVersionsAskIsAQuestion() throws IOException {
    try (var found = findings("\u001b[?25l│\n◆  Permission required to run: rm -rf ./build\n│  ● Allow once\n"
        + "│  ○ Reject\n", "")) {
      found.read(false);
      assertThat(found.analyzer().last()).isEqualTo(Silence.LastEvent.QUESTION);
      assertThat(found.analyzer().question()).isEqualTo("Permission required to run: rm -rf ./build");
      append("out", found, "◇  Permission required to run: rm -rf ./build");
      assertThat(found.analyzer().last()).isEqualTo(Silence.LastEvent.OTHER);
    }
  }

  private Silence.LastEvent last(String out, String err) throws IOException {
    try (var found = findings(out, err)) {
      found.read(false);
      return found.analyzer().last();
    }
  }

  private OutputRecorder findings(String out, String err) throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.create();
    folder.writeInputs("prompt", Json.object(), Json.object());
    Files.writeString(folder.file("out"), out + (out.endsWith("\n") ? "" : "\n"), StandardOpenOption.APPEND);
    Files.writeString(folder.file("err"), err + "\n", StandardOpenOption.APPEND);
    return new OutputRecorder(folder, Redaction.NONE, 1 << 30);
  }

  private void append(String file, OutputRecorder found, String text) throws IOException {
    Files.writeString(AttemptDirectory.of(state, "t", 1).file(file), text + "\n", StandardOpenOption.APPEND);
    found.read(false);
  }
}
