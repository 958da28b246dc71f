package tests.client;

import module java.base;
import java.lang.reflect.Proxy;
import static org.assertj.core.api.Assertions.*;

import lib.client.FailureLog;
import lib.client.http.ApiException;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.MessageFormatter;

/** What fails for hours is a few lines of a log, and what a person can fix is among them. */
class FailureLogTest {
  private final List<String> log = new ArrayList<>();
  private final FailureLog outage = new FailureLog(lines(), "the poll");

  @Test
  void logsAFailureOncePerKindAndItsEnd() {
    outage.over();
    assertThat(log).isEmpty();
    for (var i = 1; i <= 3; i++) {
      assertThat(outage.failed(failure(ApiException.Kind.BUSY, "HTTP 502"))).isEqualTo(i);
    }
    assertThat(outage.failed(failure(ApiException.Kind.DENIED, "HTTP 401"))).isEqualTo(4);
    outage.over();
    outage.over();
    assertThat(log).satisfiesExactly(
        first -> assertThat(first).startsWith("warn the poll failed, trying on: HTTP 502"),
        second -> assertThat(second).startsWith("warn the poll failed, trying on: HTTP 401").contains("A2A_AUTH_TOKEN"),
        third -> assertThat(third).isEqualTo("info the poll works again, at try 5"));
  }

  private static ApiException failure(ApiException.Kind kind, String message) {
    return new ApiException(kind, message, null);
  }

  /** A log in memory. */
  private Logger lines() {
    return (Logger) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Logger.class}, (proxy, method, words) -> {
      log.add(method.getName() + " " + MessageFormatter.arrayFormat((String) words[0], Arrays.copyOfRange(words, 1, words.length)).getMessage());
      return null;
    });
  }
}
