package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.FailureLog;
import lib.client.http.ApiException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** What fails for hours is a few lines of a log, and what a person can fix is among them. */
class FailureLogTest {
  private final List<String> log = new ArrayList<>();
  private final FailureLog outage = new FailureLog(new Lines(), "the poll");
  private FakeServer server;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void logsAFailureOncePerKindAndItsEnd() throws Exception {
    outage.over();
    assertThat(log).isEmpty();
    for (var i = 1; i <= 3; i++) {
      assertThat(outage.failed(failure(502))).isEqualTo(i);
    }
    assertThat(outage.failed(failure(401))).isEqualTo(4);
    outage.over();
    outage.over();
    assertThat(log).satisfiesExactly(
        first -> assertThat(first).startsWith("WARN the poll failed, trying on: HTTP 502"),
        second -> assertThat(second).startsWith("WARN the poll failed, trying on: HTTP 401").contains("A2A_AUTH_TOKEN"),
        third -> assertThat(third).isEqualTo("INFO the poll works again, at try 5"));
  }

  private ApiException failure(int status) throws Exception {
    server.heal();
    server.on("*", "*").answer(status, "no");
    return catchThrowableOfType(ApiException.class, () -> ApiClientTest.client(server).workers());
  }

  /** A log in memory. */
  private final class Lines extends LegacyAbstractLogger {
    @Override
    protected void handleNormalizedLoggingCall(Level level, Marker marker, String message, Object[] arguments, Throwable error) {
      log.add(level + " " + MessageFormatter.basicArrayFormat(message, arguments));
    }

    @Override
    protected String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    public boolean isTraceEnabled() {
      return true;
    }

    @Override
    public boolean isDebugEnabled() {
      return true;
    }

    @Override
    public boolean isInfoEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }
  }
}
