package lib.hub;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import lib.core.Clock;

/**
 * Times as the server stores and tells them: UTC to the microsecond, always of one length, so that the order of the
 * texts is the order of the times. Thread-safe.
 */
final class Stamps {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final Clock time;
  private Instant last = Instant.EPOCH;

  Stamps(Clock time) {
    this.time = time;
  }

  /** Now, and later than every stamp before: two tasks never tie in the queue. */
  synchronized String next() {
    var now = time.now().truncatedTo(ChronoUnit.MICROS);
    last = now.isAfter(last) ? now : last.plus(1, ChronoUnit.MICROS);
    return of(last);
  }

  static String of(Instant instant) {
    return FORM.format(instant);
  }
}
