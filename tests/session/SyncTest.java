package tests.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tests.session.Sent.A;
import static tests.session.Sent.B;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import lib.session.Pass;
import lib.session.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server is told of the sessions that are here, and after that only of what has changed: our own in one request, another one
 * by its whole list. A store that cannot be read takes nothing away.
 */
class SyncTest {
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
  void whatWasDeletedWhileNoWorkerRanIsTakenAwayAlsoWhenItWasTheLast(boolean ours) throws Exception {
    here.codebases.put("b", B);
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y").put("s3", "three", B, 3, "z");
    here.pass();
    here.store.remove("s1");
    here.store.remove("s2");
    here.begin(ours, 3, 100).pass();
    assertThat(here.server.sessions("a")).isEmpty();
    assertThat(here.server.sessions("b")).singleElement().satisfies(s -> assertThat(s.path("id").asText()).isEqualTo("s3"));
    here.sent();
    assertThat(here.pass().lines()).extracting(Pass.Line::codebaseId).containsExactly("b");
    assertThat(here.sent()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSessionWithoutACodebaseIsNotTold(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", Path.of("/elsewhere"), 1, "x");
    here.pass();
    here.pass();
    assertThat(here.sent()).containsExactly("a all");
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
    assertThat(here.sent()).isEqualTo(ours ? List.of("a all s3 s2 s1 s3:c,d s2:e")
        : List.of("a all s3 s2 s1", "a s3:c,d", "a s2:e"));
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
  void messagesAreReadAgainOnlyWhenTheyLookOtherwise() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.pass();
    assertThat(here.store.messageReads()).isEqualTo(2);
    here.store.messages("s1", MadeStore.message("s1-0", "xx"));
    here.pass();
    here.pass();
    assertThat(here.store.messageReads()).isEqualTo(3);
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
    assertThat(here.sent()).isEqualTo(ours ? List.of("b changed c1 c1:z,zz") : List.of("b all c1 s2", "b c1:z,zz"));
    here.store.fail(new IllegalStateException("a bug in reading"));
    assertThat(here.pass().problem()).contains("a bug in reading");
    assertThat(here.sent()).isEmpty();
    here.store.fail(null);
    assertThat(here.pass().problem()).isNull();
    assertThat(here.sent()).isEmpty();
    assertThat(here.server.sessions("a")).hasSize(1);
    assertThat(here.server.sessions("b")).hasSize(2);
  }

  @Test
  void aStoreThatCannotBeReadAtTheStartTakesNothingFromOurServerAndTheOthersSessionsAreAdded() throws Exception {
    var other = new MadeStore("claude").put("c1", "other", A, 1, "z");
    here.codebases.put("b", B);
    here.begin(true, 3, 100, other).store.put("s1", "one", A, 2, "x").put("s2", "two", B, 3, "y");
    here.pass();
    here.store.fail(new IOException("locked"));
    other.remove("c1");
    other.put("c2", "newer", A, 4, "zz");
    here.sent();
    here.begin(true, 3, 100, other).pass();
    assertThat(here.sent()).containsExactly("a changed c2 c2:zz");
    assertThat(here.live("s1")).isZero();
    assertThat(here.server.sessions("a")).hasSize(3);
    assertThat(here.server.sessions("b")).hasSize(1);
    here.store.fail(null);
    here.pass();
    assertThat(here.sent()).containsExactly("a all c2 s1 c2:zz s1:x", "b all s2 s2:y");
    assertThat(here.server.sessions("a")).extracting(s -> s.path("id").asText()).containsExactly("c2", "s1");
  }

  @Test
  void anotherServerGetsNoListThatLacksWhatCannotBeReadAtTheStartUntilThatHasLasted() throws Exception {
    var other = new MadeStore("claude").put("c1", "other", A, 1, "z");
    here.codebases.put("b", B);
    here.store.fail(new IOException("locked"));
    here.begin(false, 3, 100, other).pass();
    assertThat(here.live("c1")).isZero();
    here.time.advance(Duration.ofMinutes(9));
    here.pass();
    assertThat(here.sent()).isEmpty();
    here.time.advance(Duration.ofMinutes(2));
    assertThat(here.pass().problem()).contains("locked");
    assertThat(here.sent()).as("and an empty one never").containsExactly("a all c1", "a c1:z");
    here.store.fail(null);
    here.pass();
    assertThat(here.sent()).containsExactly("b all");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStoreThatIsMovedAwayAndComesBackTakesNothingAway(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.store.vanish();
    assertThat(here.pass().problem()).contains("/stores/opencode", "is gone");
    assertThat(here.sent()).isEmpty();
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.sessions("a")).extracting(s -> s.path("id").asText()).containsExactly("s1");
  }

  @Test
  void whatIsReadWhileTheWorkerEndsIsNotTold() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    var ending = new MadeStore("claude") {
      @Override
      public List<Session> sessions() {
        Thread.currentThread().interrupt(); // and files that it wanted to open look gone
        return List.of();
      }
    };
    here.begin(true, 3, 100, ending);
    assertThatThrownBy(here::pass).isInstanceOf(InterruptedException.class);
    assertThat(here.sent()).isEmpty();
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
    assertThat(here.sent()).isEqualTo(ours ? List.of() : List.of("a all s1 s2"));
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
    assertThat(line.requests()).as("a list replaces what was there").isEqualTo(1);
    assertThat(here.server.sessions("a")).hasSize(10_000);
    here.sent();
    IntStream.range(0, 10_000).forEach(i -> here.store.put("s" + i, "titles " + i, A, i));
    assertThat(here.pass().lines().getFirst().requests()).isBetween(2, 5);
    assertThat(here.requests().stream().skip(1)).allSatisfy(r -> assertThat(r.body().length()).isLessThanOrEqualTo(1_000_000));
    here.sent();
    here.store.put("s77", "another title", A, 77);
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s77");
  }
}
