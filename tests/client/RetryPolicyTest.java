package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.http.ApiException.Kind;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tests.FakeTime;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A call is tried again only where that can help, never in step with others, and no longer than its policy says. */
class RetryPolicyTest {
  private final FakeTime time = new FakeTime();
  private final Random random = new Random(7);

  static Stream<Arguments> policies() {
    return Stream.of(Arguments.of("command", RetryPolicy.COMMAND, 2, 3), Arguments.of("register", RetryPolicy.REGISTER, 60, 0),
        Arguments.of("stream", RetryPolicy.STREAM, 60, 0), Arguments.of("claim", RetryPolicy.CLAIM, 2, 4),
        Arguments.of("deliver", RetryPolicy.DELIVER, 60, 0), Arguments.of("denied", RetryPolicy.DENIED, 300, 0),
        Arguments.of("missing", RetryPolicy.MISSING, 60, 5));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void waitsDoubleUpToTheCapAndAreNoShorterThanTheServerAsked(String name, RetryPolicy policy, int capSeconds, int tries) {
    for (var failures = 1; failures <= 100; failures++) {
      var most = Math.min(capSeconds * 1000L, policy.first().toMillis() << Math.min(failures - 1, 20));
      var n = failures;
      var waits = LongStream.range(0, 300).map(i -> policy.delay(n, Duration.ZERO, random).toMillis()).summaryStatistics();
      assertThat(waits.getMin()).isBetween(0L, most / 10);
      assertThat(waits.getMax()).isBetween(most * 9 / 10, most);
      assertThat(policy.delay(failures, Duration.ofMinutes(10), random))
          .isBetween(Duration.ofMinutes(10), Duration.ofMinutes(10).plusSeconds(capSeconds));
    }
    assertThat(Stream.iterate(1, n -> n + 1).limit(10_000).filter(policy::again).count()).isEqualTo(tries == 0 ? 10_000 : tries - 1);
  }

  @Test
  void workersDoNotComeBackInStep() {
    var waits = Stream.generate(Random::new).limit(100).map(r -> RetryPolicy.STREAM.delay(5, Duration.ZERO, r)).distinct().count();
    assertThat(waits).isGreaterThan(80);
  }

  @Test
  void aCallIsRepeatedUntilItSucceeds() throws Exception {
    assertThat(run(RetryPolicy.REGISTER, Kind.UNREACHABLE, Kind.BUSY, Kind.GARBLED, Kind.BUSY)).isEqualTo("done after 4 failures");
  }

  @Test
  void aCallThatIsRefusedForGoodIsNotRepeated() throws Exception {
    for (var kind : List.of(Kind.DENIED, Kind.MISSING, Kind.NO_ROUTE, Kind.GONE, Kind.CONFLICT, Kind.REFUSED, Kind.TOO_LARGE)) {
      assertThat(run(RetryPolicy.REGISTER, kind)).isEqualTo(kind + " after 1 failures");
    }
    assertThat(time.nanos()).isZero();
  }

  @Test
  void triesAreUsedUp() throws Exception {
    assertThat(run(RetryPolicy.CLAIM, Kind.BUSY, Kind.BUSY, Kind.BUSY, Kind.BUSY, Kind.BUSY)).isEqualTo("BUSY after 4 failures");
    assertThat(Duration.ofNanos(time.nanos())).isLessThanOrEqualTo(Duration.ofMillis(200 + 400 + 800));
  }

  @Test
  void aCallWaitsAsLongAsTheServerAsked() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = ApiClientTest.client(server);
      var id = server.addTask(null, "do it");
      server.on("GET", "/v1/agent/tasks/*").answer(429, "slow down").header("Retry-After", "30").times(2);
      assertThat(RetryPolicy.COMMAND.run(() -> client.task(id), time, random).prompt()).isEqualTo("do it");
      assertThat(Duration.ofNanos(time.nanos())).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));
    }
  }

  /** How a call ends that first fails in these ways. */
  private String run(RetryPolicy policy, Kind... failures) throws Exception {
    Deque<Kind> left = new ArrayDeque<>(List.of(failures));
    try {
      return policy.run(() -> {
        if (!left.isEmpty()) {
          throw new ApiException(left.poll(), "no", null);
        }
        return "done";
      }, time, random) + " after " + failures.length + " failures";
    } catch (ApiException e) {
      return e.kind() + " after " + (failures.length - left.size()) + " failures";
    }
  }
}
