package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.http.ApiException.Kind;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.fake.Fault;

/** Whatever comes instead of an answer is one failure of the right kind with one line to read. */
class FailureTest {
  private FakeServer server;
  private ApiClient client;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
    client = ApiClientTest.client(server);
    client.pathFamily();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void eachStatusHasItsMeaning() {
    assertThat(failure(f -> f.answer(401, "Missing Bearer token")).kind()).isEqualTo(Kind.DENIED);
    assertThat(failure(f -> f.answer(403, "Invalid token")).kind()).isEqualTo(Kind.DENIED);
    assertThat(failure(f -> f.answer(404, "Task not found")).kind()).isEqualTo(Kind.MISSING);
    assertThat(failure(f -> f.answer(404, "Not Found")).kind()).isEqualTo(Kind.NO_ROUTE);
    assertThat(failure(f -> f.answer(405, "Method Not Allowed")).kind()).isEqualTo(Kind.NO_ROUTE);
    assertThat(failure(f -> f.answer(409, "{\"detail\":\"taken\",\"code\":\"already_claimed\"}")))
        .satisfies(e -> assertThat(e.code()).isEqualTo("already_claimed")).extracting(ApiException::kind).isEqualTo(Kind.CONFLICT);
    assertThat(failure(f -> f.answer(410, "gone")).kind()).isEqualTo(Kind.GONE);
    assertThat(failure(f -> f.text(413, "too large")).kind()).isEqualTo(Kind.TOO_LARGE);
    assertThat(failure(f -> f.answer(400, "Invalid status: x")).kind()).isEqualTo(Kind.REFUSED);
    assertThat(failure(f -> f.answer(402, "{\"detail\":\"over budget\"}")).kind()).isEqualTo(Kind.REFUSED);
    assertThat(failure(f -> f.answer(408, "slow")).kind()).isEqualTo(Kind.BUSY);
    assertThat(failure(f -> f.answer(503, "Agent bridge not available")).kind()).isEqualTo(Kind.BUSY);
    assertThat(failure(f -> f.text(304, "")).kind()).isEqualTo(Kind.GARBLED);
  }

  @Test
  void aValidationErrorNamesItsFields() {
    var failed = failure(f -> f.answer(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"worker_id\"],\"msg\":"
        + "\"Field required\",\"input\":{}},{\"loc\":[\"body\",\"models\",0],\"msg\":\"not a dict\"},\"odd\",{\"msg\":\"bare\"}]}"));
    assertThat(failed.kind()).isEqualTo(Kind.REFUSED);
    assertThat(failed).hasMessage("HTTP 422: worker_id: Field required; models.0: not a dict; odd; bare");
  }

  @Test
  void aServersExceptionIsText() {
    var failed = failure(f -> f.text(500, "Internal Server Error"));
    assertThat(failed.kind()).isEqualTo(Kind.BUSY);
    assertThat(failed).hasMessage("HTTP 500: Internal Server Error");
  }

  @Test
  void aProxysPageIsShownAsItsWords() {
    var failed = failure(f -> f.html(502));
    assertThat(failed.kind()).isEqualTo(Kind.BUSY);
    assertThat(failed).hasMessage("HTTP 502: 502 Bad Gateway 502 Bad Gateway");
    assertThat(failure(f -> f.html(200)).kind()).isEqualTo(Kind.GARBLED);
  }

  @Test
  void aProxyWithoutAServerBehindItSaysNothingAboutThePath() {
    assertThat(failure(f -> f.text(404, "default backend - 404")).kind()).isEqualTo(Kind.GARBLED);
    assertThat(Kind.GARBLED.again()).isTrue();
    server.on("*", "*").html(404);
    assertThat(catchThrowableOfType(ApiException.class, () -> ApiClientTest.client(server).pathFamily()).kind()).isEqualTo(Kind.GARBLED);
  }

  @Test
  void aGatewaysPageIsNeverTheServersWord() {
    for (var status : new int[] {400, 404, 405, 407, 409, 410, 422}) {
      assertThat(failure(f -> f.html(status)).kind().again()).as("HTTP " + status).isTrue();
      assertThat(failure(f -> f.answer(status, "{\"message\":\"no Route matched with those values\"}")).kind().again()).isTrue();
    }
    assertThat(failure(f -> f.answer(410, "{\"error\":\"deprecated_api_gone\",\"path\":\"/v1/opencode\"}")).kind()).isEqualTo(Kind.GONE);
  }

  @Test
  void aServerWhosePathsAreGoneForAMomentIsWaitedFor() throws Exception {
    server.on("*", "*").answer(404, "Not Found");
    assertThat(catchThrowableOfType(ApiException.class, () -> client.tasks(new ApiClient.Query(null, null, null, null))).kind().again()).isTrue();
    server.heal();
    assertThat(client.tasks(new ApiClient.Query(null, null, null, null))).isEmpty();
  }

  @Test
  void theServersWishToWaitIsHeardAndBounded() {
    assertThat(failure(f -> f.answer(429, "slow down").header("Retry-After", "7")).retryAfter()).isEqualTo(Duration.ofSeconds(7));
    assertThat(failure(f -> f.answer(429, "slow down")).retryAfter()).isZero();
    assertThat(failure(f -> f.html(503).header("Retry-After", "86400")).retryAfter()).isEqualTo(Duration.ofHours(1));
    for (var odd : new String[] {"soon", "-5", "1.5", "99999999999999999999", "Wed, 99 Foo 2026"}) {
      assertThat(failure(f -> f.html(503).header("Retry-After", odd)).retryAfter()).as(odd).isZero();
    }
    var date = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);
    assertThat(failure(f -> f.html(503).header("Retry-After", date.format(Instant.now().minusSeconds(60)))).retryAfter()).isZero();
    assertThat(failure(f -> f.html(503).header("Retry-After", date.format(Instant.now().plusSeconds(1800)))).retryAfter())
        .isBetween(Duration.ofSeconds(1500), Duration.ofSeconds(1800));
    assertThat(failure(f -> f.html(503).header("Retry-After", date.format(Instant.now().plusSeconds(86400)))).retryAfter())
        .isEqualTo(Duration.ofHours(1));
  }

  @Test
  void aDateToWaitForIsMeasuredByTheServersOwnClock() {
    assertThat(asked("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:51:37 GMT").retryAfter()).isEqualTo(Duration.ofMinutes(2));
    assertThat(asked("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:00 GMT").retryAfter()).isZero();
  }

  private ApiException asked(String date, String retryAfter) {
    return failure(f -> f.html(503).header("Date", date).header("Retry-After", retryAfter));
  }

  @Test
  void anEmptyAnswerIsFineWhereNobodyNeedsOne() throws Exception {
    for (var status : new int[] {200, 204}) {
      server.heal();
      server.on("*", "*").text(status, "");
      client.register(new Registration("w", "n", List.of(), "host", List.of(), null));
      assertThat(client.heartbeat("w", Map.of("t", 1), Map.of())).isEmpty();
      client.routeCodebases("w", List.of());
      client.status(TaskReport.running("t", "w", null, 0));
      client.output("t", "w", "text", Instant.EPOCH, 0, 1);
      client.release(new TaskReport("t", "w", TaskStatus.COMPLETED, null, null, null, 0));
      client.unregister("w");
    }
  }

  @Test
  void anEmptyAnswerIsGarbledWhereItMustSaySomething() {
    server.on("*", "*").text(200, "");
    assertThat(List.<ThrowingCallable>of(() -> client.claim("t", "w"), client::info, client::workers, client::codebases,
        () -> client.output("t", 0), () -> client.registerCodebase("n", "/p", "", "w"),
        () -> client.tasks(new ApiClient.Query(null, null, null, null)),
        () -> client.create(new NewTask(null, "title", "do it", "build", 0, null, null))))
        .allSatisfy(call -> assertThat(catchThrowableOfType(ApiException.class, call).kind()).isEqualTo(Kind.GARBLED));
  }

  @Test
  void anAnswerThatIsNotThisProtocolIsGarbled() {
    for (var body : new String[] {"", "OK", "{\"id\":", "{} {}"}) {
      assertThat(failure(f -> f.text(200, body)).kind()).as(body).isEqualTo(Kind.GARBLED);
    }
    assertThat(failure(f -> f.answer(200, "{\"title\":\"no id\"}")).kind()).isEqualTo(Kind.GARBLED);
  }

  @Test
  void aBrokenConnectionIsUnreachable() throws Exception {
    assertThat(failure(Fault::reset).kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure(Fault::truncated).kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure(Fault::garbage).kind()).isIn(Kind.UNREACHABLE, Kind.GARBLED);
    server.down();
    assertThat(failure(f -> { }).kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure(f -> { }).status()).isZero();
  }

  @Test
  void aServerThatNeverAnswersOrNeverEndsMeetsTheDeadline() {
    client = new ApiClient(new ServerAddress(server.url(), null, null, ApiClientTest.env(Map.of())), Duration.ofMillis(300));
    assertThat(failure(Fault::hang).kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure(Fault::dribble).kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void theDeadlineGrowsWithTheBody() throws Exception {
    new ApiClient(new ServerAddress(server.url(), null, null, ApiClientTest.env(Map.of())), Duration.ZERO)
        .release(new TaskReport("t", "w", TaskStatus.COMPLETED, null, "x".repeat(1 << 20), null, 0));
  }

  @Test
  void aPostIsNotRepeatedBehindOurBack() {
    server.on("POST", "*/output").reset();
    assertThat(catchThrowableOfType(ApiException.class, () -> client.output("t", "w", "text", Instant.EPOCH, 0, 1)).kind())
        .isEqualTo(Kind.UNREACHABLE);
    assertThat(server.requests("POST", "*/output")).hasSize(1);
  }

  @Test
  void aHangingCallEndsWhenItsThreadIsInterrupted() throws Exception {
    server.on("GET", "/v1/agent/tasks/*").hang();
    var ended = new CompletableFuture<Throwable>();
    var thread = Thread.ofVirtual().start(() -> {
      try {
        client.task("t");
      } catch (ApiException | InterruptedException e) {
        ended.complete(e);
      }
    });
    Program.await("the call", () -> !server.requests("GET", "/v1/agent/tasks/t").isEmpty());
    thread.interrupt();
    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void whatAServerPutsIntoItsErrorCannotBreakALogLine() {
    var failed = failure(f -> f.answer(400, "{\"detail\":\"a\\nb\\u001b[31mc " + "x".repeat(5000) + "\"}"));
    assertThat(failed.getMessage()).startsWith("HTTP 400: a b [31mc x").hasSizeLessThan(400);
  }

  private ApiException failure(Consumer<Fault> script) {
    server.heal();
    script.accept(server.on("GET", "/v1/agent/tasks/*"));
    var failed = catchThrowableOfType(ApiException.class, () -> client.task("t"));
    assertThat(failed).isNotNull();
    assertThat(failed.getMessage()).isNotBlank().doesNotContainPattern("\\p{Cntrl}").doesNotContain("<");
    assertThat(failed.problem("http://x").text().lines()).hasSize(3);
    return failed;
  }
}
