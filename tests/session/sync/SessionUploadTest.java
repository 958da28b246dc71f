package tests.session.sync;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static tests.session.sync.SyncFixture.*;

import lib.session.sync.SessionSync;
import lib.session.sync.SyncResult;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import tests.session.MadeStore;

/** The server has each session as it is, and only changes go out. */
class SessionUploadTest {
  @AutoClose
  private final SyncFixture here = new SyncFixture();

  @Test
  void sendsTheListAndEachSessionsMessagesOnlyWhenTheyChanged() throws Exception {
    here.store.put("s1", "one", A, 1, "hello").put("s2", "two", A.resolve("deep"), 2, "hi", "there");
    assertThat(here.pass().lines()).singleElement().satisfies(line -> {
      assertThat(line.sessions()).isEqualTo(2);
      assertThat(line.messages()).isEqualTo(3);
      assertThat(line.requests()).isEqualTo(3);
      assertThat(line.problem()).isNull();
    });
    assertThat(here.sent()).containsExactly("a all s2 s1", "a s2:hi,there", "a s1:hello");
    assertThat(here.pass().lines()).singleElement().satisfies(line -> assertThat(line.requests()).isZero());
    assertThat(here.sent()).isEmpty();
    here.store.put("s1", "one", A, 3, "hello", "again");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s2", "a s1:hello,again");
    assertThat(here.requests().getLast().json().path("worker_id").asText()).isEqualTo("w");
  }

  @Test
  void sendsAMessageThatChangesInItsPlace() throws Exception {
    here.store.put("s1", "one", A, 1, "running");
    here.pass();
    here.sent();
    here.store.messages("s1", MadeStore.message("s1-0", "done"));
    here.pass();
    assertThat(here.sent()).containsExactly("a s1:done");
  }

  @Test
  void removesASessionThatIsGoneAndSendsAnEmptyListOnce() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.store.remove("s1");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s2");
    here.store.remove("s2");
    here.pass();
    here.pass();
    assertThat(here.sent()).containsExactly("a all");
    assertThat(here.server.sessions("a")).isEmpty();
  }

  @Test
  void sendsTheMessagesOfASessionThatComesBack() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.store.remove("s1");
    here.pass();
    here.sent();
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s2 s1", "a s1:x");
  }

  @Test
  void removesSessionsThatWereDeletedWhileNoWorkerRan() throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y").put("s3", "three", B, 3, "z");
    here.pass();
    here.store.remove("s1");
    here.store.remove("s2");
    here.begin().pass();
    assertThat(here.server.sessions("a")).isEmpty();
    assertThat(here.server.sessions("b")).singleElement().satisfies(s -> assertThat(s.path("id").asText()).isEqualTo("s3"));
    here.sent();
    assertThat(here.pass().lines()).extracting(SyncResult.Line::codebaseId).containsExactly("b");
    assertThat(here.sent()).isEmpty();
  }

  @Test
  void sendsNoSessionOutsideEveryCodebaseWithoutAGlobalOne() throws Exception {
    here.store.put("s1", "one", Path.of("/elsewhere"), 1, "x");
    here.pass();
    here.pass();
    assertThat(here.sent()).containsExactly("a all");
  }

  @Test
  void sendsASessionOutsideEveryCodebaseUnderTheGlobalOne() throws Exception {
    here.global = "g";
    here.store.put("s1", "one", Path.of("/elsewhere"), 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    assertThat(here.sent()).containsExactlyInAnyOrder("g all s1", "g s1:x", "a all s2", "a s2:y");
  }

  @Test
  void sendsClaudesAndCodexSessionsOutsideEveryCodebaseOnlyOnRequest() throws Exception {
    here.global = "g";
    for (var kind : List.of("claude", "codex", "codetether")) {
      here.with(new MadeStore(kind).put(kind, "one", Path.of("/elsewhere"), 1).put(kind + "-a", "two", A, 1));
    }
    here.pass();
    assertThat(here.sent()).containsExactly("a all claude-a codetether-a codex-a", "g all codetether");
    here.limits = new SessionSync.Limits(3, 100, true);
    here.begin().pass();
    assertThat(here.sent()).containsExactly("a all claude-a codetether-a codex-a", "g all claude codetether codex");
  }

  @Test
  void movesASessionWhenItsFolderBecomesACodebase() throws Exception {
    here.store.put("s1", "one", B, 1, "x").put("s2", "two", A, 2, "y");
    here.codebases.replace("a", Path.of("/code"));
    here.pass();
    here.sent();
    here.codebases.clear();
    here.codebases.put("b", B);
    here.codebases.put("a", Path.of("/code"));
    here.pass();
    assertThat(here.sent()).containsExactly("b all s1", "b s1:x", "a all s2");
  }

  @Test
  void sendsMessagesOfTheNewestSessionsAndOnlyTheNewestOnes() throws Exception {
    here.begin(2, 2).store.put("s1", "one", A, 1, "a").put("s3", "three", A, 3, "b", "c", "d").put("s2", "two", A, 2, "e");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s3 s2 s1", "a s3:c,d", "a s2:e");
  }

  @Test
  void readsNoMessageWhenEitherLimitIsZero() throws Exception {
    here.store.put("s1", "one", A, 1, "a");
    here.begin(0, 100).pass();
    here.begin(3, 0).pass();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).containsExactly("a all s1", "a all s1");
    assertThat(here.store.messageReads()).isZero();
  }

  @Test
  void takesASessionInTwoStoresFromWhereItIsNewer() throws Exception {
    here.with(new MadeStore("opencode").put("s1", "old", A, 1, "old")).store.put("s1", "new", A, 2, "new");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1", "a s1:new");
  }

  @Test
  void listsTheNewestThousandSessionsAndSendsNoMessagesOfOthers() throws Exception {
    here.begin(1_000, 100);
    IntStream.range(0, 1_200).forEach(i -> here.store.put("s" + i, "title " + i, A, i));
    here.store.put("s5", "old", A, 5, "x");
    var line = here.pass().lines().getFirst();
    assertThat(line.requests()).isEqualTo(1);
    assertThat(line.sessions()).isEqualTo(1_200);
    assertThat(line.leftOut()).isEqualTo(200);
    assertThat(here.server.sessions("a")).hasSize(1_000).first().satisfies(s -> assertThat(s.path("id").asText()).isEqualTo("s1199"));
    assertThat(here.live("s5")).isEqualTo(-1);
    assertThat(here.sent()).hasSize(1);
  }

  // --- a running session

  @Test
  void sendsARunningSessionsMessagesWhenTheyChanged() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    assertThat(here.live("s1")).as("a whole pass first").isEqualTo(-1);
    here.pass();
    here.sent();
    assertThat(here.live("s1")).isZero();
    here.store.put("s1", "one", A, 3, "x", "more");
    assertThat(here.live("s1")).isPositive();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).containsExactly("a s1:x,more");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1 s2");
  }

  @Test
  void asksForAPassWhenARunningSessionIsNew() throws Exception {
    here.pass();
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.live("s1")).isEqualTo(-1);
  }

  @Test
  void asksForAPassWhenTheServerForgot() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.forget();
    assertThat(here.live("s1")).isEqualTo(-1);
  }

  @Test
  void sendsNoRunningSessionThatIsNotOnDiskOrOfAnotherKind() throws Exception {
    here.with(new MadeStore("claude").put("c1", "other", A, 1, "z")).pass();
    here.sent();
    assertThat(here.live("none")).isZero();
    assertThat(here.live("c1")).isZero();
    assertThat(here.sent()).isEmpty();
  }
}
