package tests.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tests.session.Sent.A;
import static tests.session.Sent.B;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.stream.IntStream;
import lib.session.Sync;
import lib.wire.CallFailed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server is told of the sessions that are here, and after that only of what has changed: our own in one request, another one
 * by its whole list. What it forgets it is told again; what it refuses holds up nothing else.
 */
class SyncTest {
  private static final String LIST = "/v1/agent/codebases/*/sessions/sync";
  private Sent here;

  @BeforeEach
  void open() throws IOException {
    here = new Sent();
  }

  @AfterEach
  void close() throws IOException {
    here.close();
  }

  // --- what goes out

  @Test
  void ourOwnServerGetsAllInOneRequestAndThenOnlyChanges() throws Exception {
    here.store.put("s1", "one", A, 1, "hello").put("s2", "two", A.resolve("deep"), 2, "hi", "there");
    assertThat(here.pass().lines()).singleElement().satisfies(line -> {
      assertThat(line.sessions()).isEqualTo(2);
      assertThat(line.changed()).isEqualTo(2);
      assertThat(line.messages()).isEqualTo(3);
      assertThat(line.requests()).isEqualTo(1);
      assertThat(line.problem()).isNull();
    });
    assertThat(here.sent()).containsExactly("a all s2 s1 s2:hi,there s1:hello");
    assertThat(here.pass().lines()).singleElement().satisfies(line -> assertThat(line.requests()).isZero());
    assertThat(here.sent()).isEmpty();
    here.store.put("s1", "one", A, 3, "hello", "again");
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s1 s1:hello,again");
    assertThat(here.server.sessions("a")).hasSize(2);
  }

  @Test
  void anotherServerGetsTheListAsAWholeAndEachSessionsMessages() throws Exception {
    here.begin(false, 3, 100).store.put("s1", "one", A, 1, "hello").put("s2", "two", A, 2, "hi");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s2 s1", "a s2:hi", "a s1:hello");
    here.pass();
    assertThat(here.sent()).isEmpty();
    here.store.put("s1", "one", A, 3, "hello", "again");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s2", "a s1:hello,again");
    assertThat(here.requests().getLast().json().path("worker_id").asText()).isEqualTo("w");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMessageThatChangesInItsPlaceIsTold(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "running");
    here.pass();
    here.sent();
    here.store.messages("s1", MadeStore.message("s1-0", "done"));
    here.pass();
    assertThat(here.sent()).containsExactly(ours ? "a changed s1:done" : "a s1:done");
  }

  @Test
  void aSessionThatIsGoneIsTakenAwayAndTheLastOneOnce() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.store.remove("s1");
    assertThat(here.pass().lines().getFirst().removed()).isEqualTo(1);
    assertThat(here.sent()).containsExactly("a changed -s1");
    here.store.remove("s2");
    here.pass();
    here.pass();
    assertThat(here.sent()).containsExactly("a changed -s2");
    assertThat(here.server.sessions("a")).isEmpty();
  }

  @Test
  void anotherServerGetsAnEmptyListOnceWhenTheLastSessionIsGone() throws Exception {
    here.begin(false, 3, 100).store.put("s1", "one", A, 1, "x");
    here.pass();
    here.sent();
    here.store.remove("s1");
    here.pass();
    here.pass();
    assertThat(here.sent()).containsExactly("a all");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingIsSentOfACodebaseWithoutSessionsNorOfASessionWithoutCodebase(boolean ours) throws Exception {
    here.codebases.put("b", B);
    here.begin(ours, 3, 100).store.put("s1", "one", Path.of("/elsewhere"), 1, "x");
    assertThat(here.pass().lines()).isEmpty();
    assertThat(here.sent()).isEmpty();
  }

  @Test
  void aSessionOfNoCodebaseIsTheGlobalOnes() throws Exception {
    here.global = "g";
    here.store.put("s1", "one", Path.of("/elsewhere"), 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    assertThat(here.sent()).containsExactlyInAnyOrder("g all s1 s1:x", "a all s2 s2:y");
  }

  @Test
  void aSessionWhoseFolderBecomesACodebaseMovesThere() throws Exception {
    here.store.put("s1", "one", B, 1, "x").put("s2", "two", A, 2, "y");
    here.codebases.replace("a", Path.of("/code"));
    here.pass();
    here.sent();
    here.codebases.clear();
    here.codebases.put("b", B);
    here.codebases.put("a", Path.of("/code"));
    here.pass();
    assertThat(here.sent()).containsExactly("b all s1 s1:x", "a changed -s1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void messagesGoOfTheNewestSessionsAndOnlyTheNewestOnes(boolean ours) throws Exception {
    here.begin(ours, 2, 2).store.put("s1", "one", A, 1, "a").put("s3", "three", A, 3, "b", "c", "d").put("s2", "two", A, 2, "e");
    here.pass();
    assertThat(here.sent()).isEqualTo(ours ? java.util.List.of("a all s3 s2 s1 s3:c,d s2:e")
        : java.util.List.of("a all s3 s2 s1", "a s3:c,d", "a s2:e"));
  }

  @Test
  void withEitherLimitAtZeroNoMessageIsReadOrSent() throws Exception {
    here.store.put("s1", "one", A, 1, "a");
    here.begin(true, 0, 100).pass();
    here.begin(true, 3, 0).pass();
    here.begin(false, 3, 0).pass();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).containsExactly("a all s1", "a all s1", "a all s1");
    assertThat(here.store.messageReads()).isZero();
  }

  @Test
  void aSessionThatTwoStoresHoldIsTakenFromWhereItIsNewer() throws Exception {
    var old = new MadeStore("opencode").put("s1", "old", A, 1, "old");
    here.begin(true, 3, 100, old).store.put("s1", "new", A, 2, "new");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s1:new");
  }

  @Test
  void aSessionThatGotNothingForAnHourIsNotReadAgainUntilItDoes() throws Exception {
    here.time.advance(java.time.Duration.between(java.time.Instant.EPOCH, java.time.Instant.parse("2026-01-01T02:00:00Z")));
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.pass();
    assertThat(here.store.messageReads()).isEqualTo(1);
    here.store.put("s1", "one", A, 150, "x", "y");
    here.pass();
    here.pass();
    assertThat(here.store.messageReads()).isEqualTo(3);
  }

  // --- what the server forgets

  @Test
  void whenOurServerCountsOtherwiseItIsToldEverything() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.server.forget();
    here.store.put("s1", "one", A, 3, "x", "z");
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s1 s1:x,z", "a all s1 s2 s1:x,z s2:y");
    assertThat(here.server.sessions("a")).hasSize(2);
  }

  @Test
  void aServerThatNeverCountsAsWeDoIsNotToldEverythingAgainAndAgain() throws Exception {
    here.server.on("POST", LIST).answer(200, "{\"success\":true,\"sessions_count\":7}");
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s1:x", "a all s1 s1:x");
    here.pass();
    here.store.put("s1", "two", A, 1, "x");
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void afterAWordThatTheServerHasForgottenAllIsTold(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x");
    here.pass();
    var first = here.sent();
    here.forget();
    here.pass();
    assertThat(here.sent()).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404})
  void aCodebaseThatIsRefusedIsRegisteredOnceAndToldOnceMore(int status) throws Exception {
    here.server.on("POST", LIST).answer(status, "no such codebase").times(1);
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).isNull();
    assertThat(here.registered).containsExactly("a");
    assertThat(here.sent()).containsExactly("a all s1 s1:x", "a all s1 s1:x");
  }

  @Test
  void aCodebaseThatIsCalledOtherwiseNowIsToldUnderThatName() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.sent();
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(404, "no such codebase");
    here.renamed = "n";
    here.store.put("s1", "one", A, 2, "x", "y");
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s1 s1:x,y", "n all s1 s1:x,y");
    here.codebases.clear();
    here.codebases.put("n", A);
    here.pass();
    assertThat(here.sent()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 422})
  void aRefusalThatStaysIsLeftToTheNextPassAndHoldsUpNoOtherCodebase(int status) throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(status, "not this one").times(4);
    var pass = here.pass();
    assertThat(pass.problem()).contains("not this one");
    assertThat(here.server.sessions("b")).hasSize(1);
    assertThat(here.sent().stream().filter(line -> line.startsWith("a"))).hasSize(status == 422 ? 1 : 2);
    here.pass();
    here.server.heal();
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.sessions("a")).hasSize(1);
  }

  @Test
  void aCodebaseThatIsNotOursToRegisterIsATroubleOfItsOwn() throws Exception {
    here.renamed = null;
    here.server.on("POST", LIST).answer(404, "no such codebase").times(1);
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).contains("no such codebase");
    assertThat(here.sent()).hasSize(1);
  }

  // --- a bad server

  @ParameterizedTest
  @ValueSource(ints = {401, 500, 503})
  void aServerInTroubleEndsThePassAndTheNextOneTellsTheSame(int status) throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.server.on("POST", LIST).answer(status, "not now").times(1);
    assertThatThrownBy(here::pass).isInstanceOf(CallFailed.class);
    assertThat(here.sent()).hasSize(1);
    here.pass();
    assertThat(here.sent()).containsExactlyInAnyOrder("a all s1 s1:x", "b all s2 s2:y");
    assertThat(here.registered).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerThatIsGarbageCountsAsNone(boolean ours) throws Exception {
    here.begin(ours, 0, 0).store.put("s1", "one", A, 1, "x");
    here.server.on("POST", LIST).html(200).times(1);
    assertThatThrownBy(here::pass).isInstanceOf(CallFailed.class);
    here.sent();
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1");
  }

  @Test
  void aServerThatIsNotThereIsAFailureOfThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.begin(URI.create("http://127.0.0.1:1"), true, new Sync.Most(3, 3), text -> text);
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(CallFailed.class,
        e -> assertThat(e.kind()).isEqualTo(CallFailed.Kind.UNREACHABLE));
  }

  @Test
  void aServerWithoutTheCallIsAFailureOfThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.server.on("POST", LIST).answer(404, "Not Found");
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(CallFailed.class,
        e -> assertThat(e.kind()).isEqualTo(CallFailed.Kind.NO_ROUTE));
  }

  // --- a bad store

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStoreThatFailsTakesNothingAwayAndHoldsUpNoOther(boolean ours) throws Exception {
    var other = new MadeStore("claude").put("c1", "other", B, 1, "z");
    here.codebases.put("b", B);
    here.begin(ours, 3, 100, other).store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.pass();
    here.sent();
    here.store.fail(new IOException("the disk is gone"));
    other.put("c1", "other", B, 3, "z", "zz");
    assertThat(here.pass().problem()).contains("/stores/opencode", "the disk is gone");
    assertThat(here.sent()).containsExactly(ours ? "b changed c1 c1:z,zz" : "b c1:z,zz");
    here.store.fail(new IllegalStateException("a bug in reading"));
    assertThat(here.pass().problem()).contains("a bug in reading");
    assertThat(here.sent()).isEmpty();
    here.store.fail(null);
    assertThat(here.pass().problem()).isNull();
    assertThat(here.sent()).isEqualTo(ours ? java.util.List.of() : java.util.List.of("b all c1 s2"));
    assertThat(here.server.sessions("a")).hasSize(1);
    assertThat(here.server.sessions("b")).hasSize(2);
  }

  // --- one that runs

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRunningSessionIsToldAloneWhenItHasChanged(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    assertThat(here.live("s1")).as("a whole pass first").isEqualTo(-1);
    here.pass();
    here.sent();
    assertThat(here.live("s1")).isZero();
    here.store.put("s1", "one", A, 3, "x", "more");
    assertThat(here.live("s1")).isPositive();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).containsExactly(ours ? "a changed s1 s1:x,more" : "a s1:x,more");
    here.pass();
    assertThat(here.sent()).isEqualTo(ours ? java.util.List.of() : java.util.List.of("a all s1 s2"));
  }

  @Test
  void aNewSessionIsToldAloneToOurServerAndByAWholePassToAnother() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.sent();
    here.store.put("s2", "two", A, 2, "y");
    assertThat(here.live("s2")).isPositive();
    assertThat(here.sent()).containsExactly("a changed s2 s2:y");
    here.begin(false, 3, 100).pass();
    here.store.put("s3", "three", A, 3, "z");
    assertThat(here.live("s3")).isEqualTo(-1);
  }

  @Test
  void aRunningSessionAsksForAWholePassWhenTheServerHasForgotten() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.server.forget();
    here.store.put("s1", "one", A, 3, "x", "more");
    assertThat(here.live("s1")).isEqualTo(-1);
    here.sent();
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s2 s1:x,more s2:y");
    here.forget();
    assertThat(here.live("s1")).isEqualTo(-1);
  }

  @Test
  void aRunningSessionThatIsRefusedIsLeftToThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.server.on("POST", LIST).answer(403, "not yours");
    here.store.put("s1", "one", A, 3, "x", "more");
    assertThat(here.live("s1")).isEqualTo(-1);
    here.pass();
    here.sent();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).isEmpty();
  }

  @Test
  void aSessionThatIsNotThereYetOrOfAnotherKindOfCliIsNotToldAlone() throws Exception {
    here.begin(true, 3, 100, new MadeStore("claude").put("c1", "other", A, 1, "z"));
    here.pass();
    here.sent();
    assertThat(here.live("none")).isZero();
    assertThat(here.live("c1")).isZero();
    assertThat(here.sent()).isEmpty();
  }

  @Test
  void tenThousandSessionsAreToldInFewRequestsAndOneOfThemInOne() throws Exception {
    IntStream.range(0, 10_000).forEach(i -> here.store.put("s" + i, "title " + i, A, i));
    var line = here.pass().lines().getFirst();
    assertThat(line.requests()).isBetween(2, 5);
    assertThat(here.server.sessions("a")).hasSize(10_000);
    assertThat(here.requests()).allSatisfy(r -> assertThat(r.body().length()).isLessThanOrEqualTo(1_000_000));
    here.sent();
    here.store.put("s77", "another title", A, 77);
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s77");
  }
}
