package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.server.http.Tokens;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

//FILES page-commands.txt
/** What users copy from the product's page into a shell works against this server as it is. */
class PageTest {
  @RegisterExtension
  final Served hub = new Served();
  @TempDir
  Path temp;
  private String codebase;
  private String task;

  @BeforeEach
  void oneOfEach() throws Exception {
    hub.worker("w");
    codebase = hub.codebase("w", "/srv/app");
    task = hub.task(codebase);
  }

  static Stream<String> commands() {
    try (var in = PageTest.class.getResourceAsStream("/page-commands.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(l -> !l.isBlank() && !l.startsWith("#"))
          .toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The answer to a command: curl itself tells the status and the type. */
  private record Shown(int status, String type, String body) {}

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandOfThePageSucceeds(String command) throws Exception {
    var shown = run(command);
    assertThat(shown.status).as(shown.body).isBetween(200, 299);
    assertThat(shown.type).isEqualTo("application/json");
    if (!command.startsWith("curl -I")) {
      assertThat(Json.read(shown.body).isContainerNode()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandOfThePageNeedsAndTakesATokenWhenTheServerHasOne(String command) throws Exception {
    hub.restart(Tokens.parse("a-token-of-ours"));
    assertThat(run(command).status).isEqualTo(command.matches(".*/(health|status)\\b.*") ? 200 : 401);
    assertThat(run(command.replaceFirst("curl", "curl -H 'Authorization: Bearer a-token-of-ours'")).status).isBetween(200, 299);
  }

  @Test
  void theMonitorShowsEachWorkerAsThePageDoes() throws Exception {
    hub.codebase("w", "/srv/second");
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "completed", Map.of("result", "done")));
    var workers = shown("curl {server}/v1/monitor/workers").path("workers");
    assertThat(workers).hasSize(1);
    var worker = workers.path(0);
    Served.has(worker, "id", "w", "name", "w", "status", "active");
    assertThat(worker.path("last_heartbeat").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z");
    assertThat(worker.path("codebases").isInt()).isTrue();
    Served.has(worker, "codebases", 2, "tasks_completed", 1);
  }

  @Test
  void theListsHoldWhatThePageSaysToLookFor() throws Exception {
    assertThat(shown("curl {server}/v1/agent/workers").path(0).path("worker_id").asText()).isEqualTo("w");
    assertThat(shown("curl {server}/v1/agent/codebases").path(0).path("worker_id").asText()).isEqualTo("w");
    Served.has(shown("curl {server}/v1/agent/tasks?status=pending").path(0), "id", task, "status", "pending");
  }

  @Test
  void keepsModelAndSessionOfACreatedTask() throws Exception {
    for (var field : List.of("model", "resume_session_id")) {
      var command = commands().filter(c -> c.contains(field)).findFirst().orElseThrow();
      var made = shown(command);
      assertThat(made.path("success").asBoolean()).isTrue();
      assertThat(made.path("task").path("status").asText()).isEqualTo("pending");
      var again = hub.show(made.path("task").path("id").asText());
      assertThat(again.path("metadata").path(field).asText()).isNotEmpty();
    }
  }

  private JsonNode shown(String command) throws Exception {
    return Json.read(run(command).body);
  }

  private Shown run(String command) throws Exception {
    var body = temp.resolve("body");
    var line = command.replace("{server}", hub.hub().url().toString()).replace("{codebase}", codebase).replace("{task}", task)
        .replace("{worker}", "w");
    // a function of curl's name lets the line itself stay as users type it
    var script = "command -v curl >/dev/null || exit 99; "
        + "curl() { command curl --noproxy '*' -sS -o \"$BODY\" -w '%{http_code} %{content_type}' \"$@\"; }; " + line;
    var builder = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true);
    builder.environment().put("BODY", body.toString());
    var process = builder.start();
    try (var out = process.getInputStream()) {
      var said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assumeTrue(process.exitValue() != 99, "there is no curl on this machine");
      assertThat(said).matches("\\d{3} .*");
      return new Shown(Integer.parseInt(said.substring(0, 3)), said.substring(4), Files.readString(body));
    } finally {
      process.destroyForcibly();
    }
  }
}
