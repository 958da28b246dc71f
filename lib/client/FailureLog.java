package lib.client;

import lib.client.http.ApiException;
import org.slf4j.Logger;

/**
 * Tells a log of something that is tried again and again: when it begins to fail, when it fails in another way, since that
 * may be what a person can fix, and when it is over. Not thread-safe.
 */
public final class FailureLog {
  private final Logger log;
  private final String what;
  private ApiException.Kind kind;
  private int failures;

  /** @param what it is, as in "heartbeat" */
  public FailureLog(Logger log, String what) {
    this.log = log;
    this.what = what;
  }

  /** It failed; returns how often in a row by now. */
  public int failed(ApiException e) {
    if (e.kind() != kind) {
      log.warn("{} failed, trying on: {}", what, e.line());
    }
    kind = e.kind();
    return ++failures;
  }

  /** It worked. */
  public void over() {
    if (failures > 0) {
      log.info("{} works again, at try {}", what, failures + 1);
    }
    failures = 0;
    kind = null;
  }
}
