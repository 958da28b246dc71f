package lib.wire;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** Times as servers spell them: with a zone, with Z, or without any, which means UTC. */
public final class Times {
  private Times() {}

  /** The instant, or null when there is none or it cannot be read. */
  public static Instant parse(String text) {
    if (text == null) {
      return null;
    }
    var iso = text.strip().replace(' ', 'T').replaceFirst("([+-]\\d\\d)(\\d\\d)$", "$1:$2");
    try {
      return iso.matches(".*(Z|[+-]\\d\\d:\\d\\d)$") ? OffsetDateTime.parse(iso).toInstant()
          : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null; // a time that no one can read says nothing; no decision rests on it
    }
  }
}
