package tests.outbox;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.fake.Fault;

/** What an attempt has to deliver reaches the server in order and whole, whatever happens on the way (P1, P2, P3). */
class AttemptSenderTest {
  /** Several chunks, each piece of it different. */
  private static final String LONG = IntStream.range(0, 15_000).mapToObj(i -> "line " + i + " ä\n").collect(Collectors.joining());

  @TempDir
  Path temp;

  private FakeServer server;
  private Delivery delivery;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
    delivery = new Delivery(server, temp);
  }

  @AfterEach
  void stop() throws Exception {
    delivery.close();
    server.close();
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void reportsAndOutputKeepTheirOrderOnEveryServer(Version version) throws Exception {
    server.become(version);
    delivery.openAndAwait();
    delivery.session("ses_1");
    delivery.write("hello\n");
    Program.await("output while it runs", () -> server.output(delivery.task).equals("hello\n"));
    delivery.write("world\n");
    delivery.finish(TaskStatus.FAILED, "text", "why");
    delivery.awaitDelivered();
    delivery.expect("hello\nworld\n", "failed");
    assertThat(server.task(delivery.task).path("error").asText()).isEqualTo("why");
    assertThat(delivery.reported()).startsWith("status running").endsWith("output", "status failed", "release failed")
        .containsOnlyOnce("status failed");
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void doesNotOverwriteACancelWithTheSession() throws Exception {
    delivery.openAndAwait();
    server.change(delivery.task, task -> task.put("status", "cancelled"));
    delivery.session("ses_1");
    Program.await("the cancel", () -> delivery.lost.contains("cancelled"));
    assertThat(server.status(delivery.task)).isEqualTo("cancelled");
  }

  @ParameterizedTest
  @ValueSource(strings = {"502", "429", "500", "lost", "reset", "truncated", "garbage", "page"})
  void outputIsWholeAndOnceWhileTheServerFailsHalfOfTheCalls(String how) throws Exception {
    delivery.open();
    fail(how, server.on("POST", "*/output").every(2));
    fail(how, server.on("PUT", "*/status").every(2));
    fail(how, server.on("POST", "/v1/worker/tasks/release").times(1));
    delivery.complete(LONG);
    assertThat(server.chunks(delivery.task)).hasSizeGreaterThan(5).allMatch(chunk -> chunk.endsWith("\n"));
    delivery.expect(LONG, "completed");
    assertThat(server.history(delivery.task)).endsWith("completed").doesNotContain("failed");
  }

  @Test
  void outputIsWholeAndOnceWhenAnyCallMayFail() throws Exception {
    server.on("*", "*").html(502).every(3);
    delivery.open();
    delivery.complete(LONG);
    assertThat(server.output(delivery.task)).isEqualTo(LONG);
  }

  @Test
  void repeatedLinesAreNotTakenForRepeatedCalls() throws Exception {
    delivery.open();
    var same = ("." + " ".repeat(99)).repeat(1000);
    fail("reset", server.on("POST", "*/output").every(2));
    delivery.complete(same);
    assertThat(server.output(delivery.task)).isEqualTo(same + "\n");
  }

  @Test
  void theOutputOfAnEarlierAttemptIsNotTakenForThisOne() throws Exception {
    for (var i = 0; i < 10; i++) {
      Delivery.client(server).output(delivery.task, "another", "before " + i + "\n", Instant.EPOCH, 0, 0);
    }
    server.on("POST", "*/output").reset().times(1);
    delivery.open();
    delivery.complete("now\n");
    assertThat(server.output(delivery.task)).endsWith("before 9\nnow\n");
  }

  @Test
  void aServerThatForgotTheOutputGetsTheRestOnce() throws Exception {
    delivery.open();
    delivery.writeAndAwait("a\n");
    server.forget();
    server.on("POST", "*/output").answerLost().times(1);
    delivery.complete("b\n");
    assertThat(server.output(delivery.task)).startsWith("b\n"); // twice when in doubt, but never lost
    assertThat(server.status(delivery.task)).isEqualTo("completed");
  }

  @Test
  void aChunkWhoseAnswerWasLostInAnOutageIsAskedForBeforeItIsSentAgain() throws Exception {
    delivery.open();
    server.on("POST", "*/output").answerLost().times(1);
    server.on("GET", "*/output").html(502).times(3); // until then nobody can say
    delivery.complete("hello\n");
    assertThat(server.output(delivery.task)).isEqualTo("hello\n");
    assertThat(server.requests("POST", "*/output")).hasSize(1);
  }

  @Test
  void deliversWhatWaitsAfterARestartDuringAnOutage() throws Exception {
    delivery.open();
    delivery.write("hello\n");
    Program.await("the first output", () -> server.output(delivery.task).equals("hello\n"));
    server.down();
    delivery.write("world\n");
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    for (var i = 0; i < 3; i++) {
      delivery.restart();
      assertThat(delivery.pending()).isEqualTo(1);
    }
    server.up();
    delivery.awaitDelivered();
    delivery.expect("hello\nworld\n", "completed");
    assertThat(server.task(delivery.task).path("result").asText()).isEqualTo("text");
    assertThat(delivery.settled()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aChunkOnItsWayDuringACrashArrivesOnce(boolean taken) throws Exception {
    delivery.open();
    delivery.writeAndAwait("a\n");
    server.on("GET", "*/output").html(503);
    var fault = server.on("POST", "*/output");
    if (taken) {
      fault.answerLost().times(1);
    }
    server.on("POST", "*/output").html(503);
    delivery.write("b\n");
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    Program.await("it to be on its way, and in doubt", () -> !server.requests("GET", "*/output").isEmpty());
    server.heal();
    delivery.restart();
    delivery.awaitDelivered();
    assertThat(server.output(delivery.task)).isEqualTo("a\nb\n");
  }

  @Test
  void aRestartAloneRepeatsNothing() throws Exception {
    delivery.open();
    delivery.writeAndAwait("a\n");
    server.on("PUT", "*/status").html(503);
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    Program.await("the outcome to be on its way", () -> server.requests("PUT", "*/status").size() > 2);
    delivery.restart();
    server.heal();
    delivery.awaitDelivered();
    assertThat(server.output(delivery.task)).isEqualTo("a\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sendsTheRestOnceWhenTheJournalIsOlderThanTheServer(boolean lost) throws Exception {
    delivery.open();
    delivery.writeAndAwait("a\n");
    var older = delivery.saveJournal();
    for (var i = 0; i < 5; i++) {
      var text = "b" + i + "\n";
      delivery.write(text);
      Program.await(text, () -> {
        delivery.time.advance(Duration.ofSeconds(1));
        return server.output(delivery.task).endsWith(text);
      });
    }
    delivery.restoreJournal(older, lost);
    delivery.complete("c\n");
    delivery.expect("a\nb0\nb1\nb2\nb3\nb4\nc\n", "completed");
  }

  @Test
  void waitsForTheTranscriptWhenTheServerHasMore() throws Exception {
    delivery.open();
    delivery.write("a\nb\n");
    Program.await("the output", () -> server.output(delivery.task).equals("a\nb\n"));
    delivery.forgetTranscript();
    delivery.complete("c\n");
    assertThat(server.output(delivery.task)).isEqualTo("a\nb\nc\n");
  }

  @Test
  void failsATaskThatCannotBeGivenBackInStatusAndReleaseAlsoAfterARestart() throws Exception {
    server.become(Version.V13);
    delivery.openAndAwait();
    server.on("POST", "/v1/worker/tasks/release").html(503);
    delivery.finish(TaskStatus.PENDING, null, "the worker ended before its agent began");
    Program.await("the failure", () -> server.status(delivery.task).equals("failed"));
    delivery.restart();
    server.heal();
    delivery.awaitDelivered();
    assertThat(delivery.reported()).endsWith("release failed");
    assertThat(server.status(delivery.task)).isEqualTo("failed");
    assertThat(server.task(delivery.task).path("error").asText()).isEqualTo("lost: the worker ended before its agent began");
  }

  @Test
  void saysTheOutcomeAgainWhenAnEndedTaskWasClaimedOnceMore() throws Exception {
    delivery.open();
    delivery.complete("");
    server.change(delivery.task, task -> task.put("status", "running"));
    delivery.running();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void aReportThatIsRefusedForGoodHoldsUpNothing() throws Exception {
    delivery.open();
    server.on("PUT", "*/status").answer(400, "Invalid status");
    delivery.complete("hello\n");
    delivery.expect("hello\n", "completed"); // the release said so too
  }

  @Test
  void outputThatIsRefusedForGoodDoesNotHoldUpTheOutcome() throws Exception {
    delivery.open();
    server.on("POST", "*/output").answer(400, "no output here");
    delivery.complete(LONG);
    assertThat(server.requests("POST", "*/output")).hasSize(1);
    assertThat(server.status(delivery.task)).isEqualTo("completed");
  }

  @Test
  void aTaskThatStaysUnknownIsGivenUpAfterSeveralMisses() throws Exception {
    server.on("PUT", "*/status").answer(404, "Task not found");
    delivery.open();
    delivery.complete("");
    assertThat(server.requests("PUT", "*/status").stream().filter(r -> r.body().contains("completed"))).hasSize(5);
  }

  @Test
  void aProxyWithoutItsServerDoesNotLoseTheOutcome() throws Exception {
    delivery.open();
    server.on("*", "*").text(404, "default backend - 404");
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    Program.await("several tries", () -> server.requests().size() > 20);
    server.heal();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
  }

  @Test
  void aBodyThatIsTooLargeIsSentInSmallerOnes() throws Exception {
    delivery.open();
    server.on("POST", "*/output").text(413, "too large").times(1);
    server.on("PUT", "*/status").text(413, "too large").after(1).times(1);
    Program.await("running", () -> server.status(delivery.task).equals("running"));
    delivery.write(LONG);
    var result = "r".repeat(100_000);
    delivery.finish(TaskStatus.COMPLETED, result, null);
    delivery.awaitDelivered();
    assertThat(server.output(delivery.task)).isEqualTo(LONG);
    var sent = server.requests("PUT", "*/status").getLast().json().path("result").asText();
    assertThat(sent).startsWith("rrr").contains("50000 characters were cut here").hasSizeLessThan(60_000);
  }

  @Test
  void aResultThatIsTooLargeInEveryFormIsLeftOutRatherThanTheOutcome() throws Exception {
    delivery.openAndAwait();
    server.on("PUT", "*/status").text(413, "too large").times(2);
    delivery.finish(TaskStatus.COMPLETED, "r".repeat(300_000), null);
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
    assertThat(server.requests("PUT", "*/status").getLast().json().has("result")).isFalse();
  }

  @Test
  void aWordAfterTheOutcomeIsNotSaid() throws Exception {
    delivery.open();
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    delivery.session("ses_late");
    delivery.awaitDelivered();
    assertThat(server.history(delivery.task)).endsWith("completed");
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void dropsWhatWaitsWhenTheTaskIsAnotherWorkers() throws Exception {
    server.on("PUT", "*/status").html(503);
    server.on("POST", "*/output").html(503);
    delivery.open();
    delivery.write("some text\n");
    Program.await("a try", () -> !server.requests("PUT", "*/status").isEmpty());
    delivery.finish(null, false);
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("pending");
    assertThat(server.requests("POST", "/v1/worker/tasks/release")).isEmpty();
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void aStaleAttemptIsHeardOfAtOnce() throws Exception {
    server.on("PUT", "*/status").answer(409, "{\"detail\":\"attempt 1 is over\",\"code\":\"stale_attempt\"}");
    delivery.open();
    Program.await("the word", () -> !delivery.lost.isEmpty());
    assertThat(delivery.lost).singleElement().asString().contains("attempt 1 is over");
    delivery.finish(null, false);
    delivery.awaitDelivered();
  }

  @Test
  void aWrongTokenIsWaitedFor() throws Exception {
    delivery.openAndAwait();
    server.token("now-needed");
    delivery.finish(TaskStatus.COMPLETED, "text", null);
    Program.await("several tries", () -> server.requests("PUT", "*/status").size() > 5);
    assertThat(delivery.pending()).isEqualTo(1);
    server.token(null);
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
  }

  private static void fail(String how, Fault fault) {
    Consumer<Fault> script = switch (how) {
      case "lost" -> Fault::answerLost;
      case "reset" -> Fault::reset;
      case "truncated" -> Fault::truncated;
      case "garbage" -> Fault::garbage;
      case "page" -> f -> f.html(200);
      case "500" -> f -> f.text(500, "Internal Server Error");
      default -> f -> f.html(Integer.parseInt(how));
    };
    script.accept(fault);
  }
}
