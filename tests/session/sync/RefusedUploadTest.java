package tests.session.sync;

import module java.base;
import static org.assertj.core.api.Assertions.*;
import static tests.session.sync.SyncFixture.*;

import lib.client.http.ApiException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server gets again what it forgot; a refusal or failure is retried and stops nothing else. */
class RefusedUploadTest {
  private static final String LIST = "/v1/agent/codebases/*/sessions/sync";
  private static final String MESSAGES = "/v1/agent/codebases/*/sessions/*/messages/sync";
  @AutoClose
  private final SyncFixture here = new SyncFixture();

  // --- what it forgets

  @Test
  void sendsEverythingAgainWhenTheServerForgot() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    var first = here.sent();
    here.forget();
    here.pass();
    assertThat(here.sent()).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404})
  void registersACodebaseOnceMoreAndRepeatsWhenItIsRefused(int status) throws Exception {
    here.server.on("POST", LIST).answer(status, "no such codebase").times(1);
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).isNull();
    assertThat(here.registered).containsExactly("a");
    assertThat(here.sent()).containsExactly("a all s1", "a all s1", "a s1:x");
  }

  @Test
  void sendsTheListAgainWhenTheServerDoesNotKnowASession() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.sent();
    here.server.on("POST", MESSAGES).answer(404, "Session not found").times(1);
    here.store.put("s1", "one", A, 1, "x", "y");
    assertThat(here.pass().problem()).isNull();
    assertThat(here.sent()).containsExactly("a all s1", "a s1:x,y", "a all s1", "a s1:x,y");
  }

  @Test
  void usesTheNewIdWhenACodebaseIsRegisteredUnderAnother() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.sent();
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(404, "no such codebase");
    here.renamed = "n";
    here.store.put("s1", "one", A, 2, "x", "y");
    here.pass();
    assertThat(here.sent()).containsExactly("a all s1", "n all s1", "n s1:x,y");
    here.codebases.clear();
    here.codebases.put("n", A);
    here.pass();
    assertThat(here.sent()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 413, 422})
  void continuesWithTheNextCodebaseWhenOneIsRefused(int status) throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(status, "not this one");
    assertThat(here.pass().problem()).contains("not this one");
    assertThat(here.server.sessions("b")).hasSize(1);
    assertThat(here.sent().stream().filter(line -> line.startsWith("a"))).hasSize(status == 403 || status == 404 ? 2 : 1);
    here.server.heal();
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.sessions("a")).hasSize(1);
  }

  @Test
  void reportsARefusedCodebaseThatMustNotBeRegistered() throws Exception {
    here.renamed = null;
    here.server.on("POST", LIST).answer(404, "no such codebase").times(1);
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).contains("no such codebase");
    assertThat(here.sent()).hasSize(1);
  }

  @Test
  void leavesARefusedRunningSessionToThePass() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.pass();
    here.server.on("POST", MESSAGES).answer(403, "not yours");
    here.store.put("s1", "one", A, 3, "x", "more");
    assertThat(here.live("s1")).isEqualTo(-1);
    here.pass();
    here.sent();
    assertThat(here.live("s1")).isZero();
    assertThat(here.sent()).isEmpty();
  }

  // --- a bad server

  @ParameterizedTest
  @CsvSource({"401,not you,DENIED", "404,Not Found,NO_ROUTE", "200,,GARBLED"})
  void endsThePassWhenTheServerTakesNothing(int status, String answer, ApiException.Kind kind) throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x");
    var fault = here.server.on("POST", LIST);
    (answer == null ? fault.html(status) : fault.answer(status, answer)).times(1);
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    assertThat(here.sent()).hasSize(1);
    assertThat(here.registered).isEmpty();
    here.pass();
    assertThat(here.sent()).startsWith("a all s1");
  }

  @Test
  void endsThePassWhenTheServerIsNotThere() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.begin(URI.create("http://127.0.0.1:1"));
    assertThatThrownBy(here::pass).isInstanceOfSatisfying(ApiException.class,
        e -> assertThat(e.kind()).isEqualTo(ApiException.Kind.UNREACHABLE));
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503})
  void continuesWithTheNextCodebaseWhenTheServerFailsAtOne(int status) throws Exception {
    here.codebases.put("b", B);
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(status, "not now");
    assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    assertThat(here.server.sessions("b")).hasSize(1);
    here.server.heal();
    here.pass();
    for (var session : List.of("s1", "s2")) {
      assertThat(here.server.messages(session)).hasSize(1);
    }
    assertThat(here.registered).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 504, 422})
  void continuesWithTheNextSessionWhenTheServerFailsAtOne(int status) throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y").put("s3", "three", A, 3, "z");
    for (var bad : List.of("s3", "s2")) {
      here.server.on("POST", "/v1/agent/codebases/a/sessions/" + bad + "/messages/sync").answer(status, "not these");
    }
    if (status == 422) {
      assertThat(here.pass().problem()).contains("not these");
    } else {
      assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    }
    assertThat(here.server.messages("s1")).hasSize(1);
    here.server.heal();
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.messages("s3")).hasSize(1);
    assertThat(here.server.messages("s2")).hasSize(1);
  }
}
