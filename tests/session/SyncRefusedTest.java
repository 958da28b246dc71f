package tests.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tests.session.Sent.A;
import static tests.session.Sent.B;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import lib.client.http.ApiException;
import lib.session.Sync;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server forgets it is told again; what it refuses, or fails at, is tried again and holds up nothing else for ever. */
class SyncRefusedTest {
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

  // --- what it forgets

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
    assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    assertThat(here.sent()).hasSize(1);
    here.pass();
    for (var session : List.of("s1", "s2")) {
      assertThat(here.server.messages(session)).hasSize(1);
    }
    assertThat(here.registered).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerThatIsGarbageCountsAsNone(boolean ours) throws Exception {
    here.begin(ours, 0, 0).store.put("s1", "one", A, 1, "x");
    here.server.on("POST", LIST).html(200).times(1);
    assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    here.sent();
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1");
  }

  @Test
  void aServerThatIsNotThereIsAFailureOfThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.begin(URI.create("http://127.0.0.1:1"), true, new Sync.Most(3, 3), text -> text);
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(ApiException.class,
        e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.UNREACHABLE));
  }

  @Test
  void aServerWithoutTheCallIsAFailureOfThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.server.on("POST", LIST).answer(404, "Not Found");
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(ApiException.class,
        e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.NO_ROUTE));
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

  // --- what it fails at each time

  /** Passes, of which each fails as a whole. */
  private void failingPasses(int times) {
    for (var i = 0; i < times; i++) {
      assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 504, 422})
  void oneSessionsMessagesHoldUpNoOthers(int status) throws Exception {
    here.codebases.put("b", B);
    here.begin(false, 3, 100).store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y").put("s3", "three", A, 3, "z")
        .put("s4", "four", B, 4, "v");
    for (var bad : List.of("s3", "s2")) {
      here.server.on("POST", "/v1/agent/codebases/a/sessions/" + bad + "/messages/sync").answer(status, "not these");
    }
    if (status == 422) {
      here.pass();
      here.pass();
      assertThat(here.pass().problem()).contains("not these");
    } else {
      failingPasses(4);
    }
    assertThat(here.server.messages("s1")).hasSize(1);
    assertThat(here.server.messages("s4")).hasSize(1);
    here.sent();
    here.store.put("s1", "one", A, 5, "x", "xx").put("s4", "four", B, 6, "v", "vv");
    here.server.heal();
    here.pass();
    assertThat(here.server.messages("s3")).hasSize(1);
    assertThat(here.server.messages("s2")).hasSize(1);
    assertThat(here.server.messages("s1")).hasSize(2);
    assertThat(here.pass().problem()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 422})
  void whatOurOwnServerFailsAtGoesInPiecesUntilOneIsLeft(int status) throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y").put("s3", "three", A, 3, "z");
    here.server.on("POST", LIST).answer(status, "something in it").times(1);
    failing(status);
    assertThat(here.sent()).containsExactly("a all s3 s2 s1 s3:z s2:y s1:x");
    here.server.on("POST", LIST).answer(status, "this one").after(1).times(1);
    failing(status);
    assertThat(here.sent()).containsExactly("a all s3 s2 s1", "a changed s3:z");
    here.pass();
    assertThat(here.sent()).containsExactly("a changed s2:y", "a changed s1:x", "a changed s3:z");
    here.store.put("s1", "one", A, 4, "xx").put("s3", "three", A, 5, "zz");
    here.pass();
    assertThat(here.sent()).as("all is well again").containsExactly("a changed s3 s1 s3:zz s1:xx");
  }

  private void failing(int status) throws Exception {
    if (status == 500) {
      failingPasses(1);
    } else {
      assertThat(here.pass().problem()).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneCodebaseHoldsUpNoOther(boolean ours) throws Exception {
    here.codebases.put("b", B);
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(500, "not this one");
    failingPasses(2);
    assertThat(here.server.sessions("b")).hasSize(1);
    for (var minute = 3; minute < 6; minute++) {
      here.store.put("s2", "two", B, minute, "y", "at " + minute);
      here.sent();
      failingPasses(1);
      assertThat(here.sent().getFirst()).as("what was taken goes first").startsWith("b");
    }
    here.server.heal();
    here.pass();
    assertThat(here.server.sessions("a")).hasSize(1);
  }
}
