package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** What an agent says is kept once, in order, each chunk at a place that never changes. */
class OutputTest extends RunningTaskFixture {
  @Test
  void eachChunkHasItsPlaceCountedFromZero() throws Exception {
    say("one", "two", "drei ü");
    assertThat(texts(0)).containsExactly("one", "two", "drei ü");
    assertThat(texts(1)).containsExactly("two", "drei ü");
    assertThat(page(2).path("outputs").get(0).path("seq").asLong()).isEqualTo(2);
    assertThat(page(2).path("task_id").asText()).isEqualTo(task);
    for (var beyond : List.of(3, 1_000_000)) {
      assertThat(texts(beyond)).isEmpty();
      assertThat(page(beyond).path("total").asLong()).isEqualTo(3);
    }
  }

  @Test
  void aChunkThatIsSentAgainIsKeptOnce() throws Exception {
    Served.ok(hub.output(task, "w", "one", Map.of("attempt", 1, "seq", 1)));
    Served.ok(hub.output(task, "w", "two", Map.of("attempt", 1, "seq", 2)));
    var again = Served.ok(hub.output(task, "w", "one", Map.of("attempt", 1, "seq", 1)));
    assertThat(again.path("duplicate").asBoolean()).isTrue();
    assertThat(texts(0)).containsExactly("one", "two");
    Served.ok(hub.output(task, "w", "one", Map.of()));
    Served.ok(hub.output(task, "w", "one", Map.of()));
    assertThat(texts(0)).containsExactly("one", "two", "one", "one");
  }

  @Test
  void refusesAnotherTextUnderAKnownNumber() throws Exception {
    Served.ok(hub.output(task, "w", "one", Map.of("attempt", 1, "seq", 1)));
    var refused = hub.output(task, "w", "other", Map.of("attempt", 1, "seq", 1));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().path("code").asText()).isEqualTo("chunk_known");
    assertThat(texts(0)).containsExactly("one");
  }

  @Test
  void takesOutputOfATaskQueuedAgainFromItsRunnerOnly() throws Exception {
    hub.worker("other");
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    for (var refused : List.of(hub.output(task, "other", "x", Map.of("attempt", 1, "seq", 1)), hub.output(task, "w", "x", Map.of()),
        hub.output(task, "w", "x", Map.of("attempt", 2, "seq", 1)))) {
      assertThat(refused.status()).isEqualTo(409);
    }
    Served.ok(hub.output(task, "w", "mine", Map.of("attempt", 1, "seq", 1)));
    hub.time.advance(Duration.ofSeconds(31));
    hub.claim(task, "other");
    assertThat(hub.output(task, "w", "x", Map.of("attempt", 1, "seq", 2)).code()).isEqualTo("stale_attempt");
    assertThat(texts(0)).containsExactly("mine");
  }

  @Test
  void rejectsAlsoAnEmptyChunkWhenTheOutputIsFull() throws Exception {
    say("one");
    hub.database("UPDATE output SET end_offset = " + (512L << 20));
    for (var text : List.of("", "x")) {
      assertThat(hub.output(task, "w", text, Map.of()).code()).isEqualTo("output_full");
    }
    assertThat(texts(0)).containsExactly("one");
  }

  @Test
  void theNextAttemptGoesOnWhereTheLastOneEnded() throws Exception {
    Served.ok(hub.output(task, "w", "first", Map.of("attempt", 1, "seq", 1)));
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    hub.time.advance(Duration.ofSeconds(31)); // after that its runner has no precedence
    hub.claim(task, "w");
    Served.ok(hub.output(task, "w", "second", Map.of("attempt", 2, "seq", 1)));
    assertThat(texts(0)).containsExactly("first", "second");
  }

  @Test
  void chunksFromManyThreadsAreAllKeptEachAtItsOwnPlace() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 1; i <= 60; i++) {
        var seq = i;
        threads.submit(() -> Served.ok(hub.output(task, "w", "chunk " + seq, Map.of("attempt", 1, "seq", seq))));
      }
    }
    assertThat(page(0).path("total").asInt()).isEqualTo(60);
    assertThat(texts(0)).doesNotHaveDuplicates().hasSize(60);
    assertThat(page(0).path("outputs").valueStream().map(c -> c.path("seq").asInt())).isSorted().endsWith(59);
  }

  @Test
  void theLastWordsOfAnEndedTaskAreStillKept() throws Exception {
    Served.ok(hub.report(task, "w", "completed", Map.of()));
    Served.ok(hub.output(task, "w", "bye", Map.of("attempt", 1, "seq", 1)));
    assertThat(texts(0)).containsExactly("bye");
  }

  @Test
  void anUnknownTaskHasNoOutputAndNegativePlacesAreRefused() throws Exception {
    assertThat(hub.get("/v1/agent/tasks/nope/output").status()).isEqualTo(404);
    assertThat(hub.get("/v1/agent/tasks/nope/output/stream").status()).isEqualTo(404);
    assertThat(hub.output("nope", "w", "x", Map.of()).status()).isEqualTo(404);
    assertThat(hub.get("/v1/agent/tasks/" + task + "/output?since=-1").status()).isEqualTo(400);
    assertThat(hub.get("/v1/agent/tasks/" + task + "/output?since=abc").status()).isEqualTo(400);
  }

  @Test
  void aFollowerHearsWhatWasAndWhatComesAndThenTheEnd() throws Exception {
    say("before");
    try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream", Map.of())) {
      assertThat(heard(events)).isEqualTo("0 before");
      say("after");
      assertThat(heard(events)).isEqualTo("1 after");
      Served.ok(hub.report(task, "w", "failed", Map.of("error", "boom")));
      var done = events.next();
      assertThat(done.name()).isEqualTo("done");
      assertThat(done.data().path("status").asText()).isEqualTo("failed");
      assertThat(events.next()).isNull();
    }
  }

  @Test
  void aBrokenStreamIsTakenUpBehindTheLastEventThatArrived() throws Exception {
    say("a", "b", "c");
    try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream", Map.of("Last-Event-ID", "1"))) {
      assertThat(heard(events)).isEqualTo("2 c");
    }
    try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream?since=1", Map.of())) {
      assertThat(heard(events)).isEqualTo("1 b");
    }
    for (var foreign : List.of("x", "-1", "99999999999999999999")) {
      try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream?since=1", Map.of("Last-Event-ID", foreign))) {
        assertThat(heard(events)).as("an id that is none of ours says nothing").isEqualTo("1 b");
      }
    }
  }

  @Test
  void aQuietFollowerGetsCommentsSoThatBothSidesKnowTheOtherLives() throws Exception {
    try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream", Map.of())) {
      assertThat(events.frame()).startsWith(":");
      hub.time.advance(Duration.ofSeconds(15));
      assertThat(events.frame()).startsWith(":");
    }
  }

  @Test
  void aTimeThatNoClockShowsIsOurs() throws Exception {
    for (var absurd : List.of("+999999999-12-31T23:59:59Z", "-0001-01-01T00:00:00Z", "garbage")) {
      Served.ok(hub.output(task, "w", "x", Map.of("timestamp", absurd)));
    }
    page(0).path("outputs").forEach(chunk -> assertThat(chunk.path("timestamp").asText()).startsWith("2026-01-01T").hasSize(27));
  }

  private void say(String... chunks) throws IOException {
    for (var chunk : chunks) {
      Served.ok(hub.output(task, "w", chunk, Map.of()));
    }
  }

  private static String heard(Events events) throws IOException {
    var event = events.next();
    assertThat(event.name()).isEqualTo("output");
    assertThat(event.data().path("seq").asText()).isEqualTo(event.id());
    return event.id() + " " + event.data().path("output").asText();
  }

  private JsonNode page(long since) throws IOException {
    return Served.ok(hub.get("/v1/agent/tasks/" + task + "/output?since=" + since));
  }

  private List<String> texts(long since) throws IOException {
    var all = new ArrayList<String>();
    page(since).path("outputs").forEach(chunk -> all.add(chunk.path("output").asText()));
    return all;
  }
}
