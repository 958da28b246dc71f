package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.core.Problem;
import lib.server.http.Tokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With tokens, the server takes requests that carry one, from anywhere, and no others. */
class TokensTest {
  @RegisterExtension
  final Served hub = new Served(Tokens.parse("ci:first-secret, second-secret"));

  @Test
  void aKnownTokenOpensEveryCallFromAnyHost() throws Exception {
    for (var token : List.of("first-secret", "second-secret")) {
      assertThat(get("/v1/agent/tasks", "Bearer " + token, Map.of("Host", "hub.example")).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/agent/tasks", "/v1/agent/workers", "/v1/opencode/codebases", "/v1/agent/workspaces",
      "/v1/worker/connected/w", "/v1/monitor/workers", "/v1/agent/tasks/x", "/v1/worker/tasks/stream?agent_name=a", "/unknown"})
  void aMissingTokenIs401AndAWrongOneIs403(String path) throws Exception {
    for (var missing : List.of("", "second-secret", "Basic second-secret", "bearer second-secret")) {
      var got = get(path, missing, Map.of());
      assertThat(got.status()).as(missing).isEqualTo(401);
      assertThat(got.detail()).isEqualTo("Missing Bearer token");
    }
    for (var wrong : List.of("Bearer ci", "Bearer ci:first-secret", "Bearer second-secre", "Bearer  ", "Bearer SECOND-SECRET")) {
      var got = get(path, wrong, Map.of());
      assertThat(got.status()).as(wrong).isIn(401, 403);
      assertThat(got.text()).doesNotContain("second-secret");
    }
    assertThat(get(path, "Bearer nonsense", Map.of()).status()).isEqualTo(403);
  }

  @Test
  void healthAndStatusAreOpenToAll() throws Exception {
    for (var path : List.of("/health", "/v1/agent/status", "/v1/opencode/status")) {
      assertThat(get(path, "", Map.of()).status()).as(path).isEqualTo(200);
    }
  }

  @Test
  void writesNothingForAClientWithoutToken() throws Exception {
    var body = "{\"title\":\"t\",\"prompt\":\"p\"}";
    assertThat(hub.call("POST", "/v1/agent/tasks", Map.of(), body).status()).isEqualTo(401);
    assertThat(hub.call("POST", "/v1/agent/tasks", Map.of("Authorization", "Bearer x"), body).status()).isEqualTo(403);
    assertThat(Served.ok(get("/v1/agent/tasks", "Bearer second-secret", Map.of()))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {",", "name:", " , ,", "a: ,b:"})
  void textWithoutATokenIsAProblemAndNotAnOpenServer(String text) {
    assertThatThrownBy(() -> Tokens.parse(text)).isInstanceOf(Problem.class);
    assertThat(Tokens.parse(" ").none()).isTrue();
    assertThat(Tokens.parse(null).none()).isTrue();
  }

  private Wire.Got get(String path, String authorization, Map<String, String> more) throws IOException {
    var headers = new HashMap<>(more);
    if (!authorization.isEmpty()) {
      headers.put("Authorization", authorization);
    }
    return hub.call("GET", path, headers, null);
  }
}
