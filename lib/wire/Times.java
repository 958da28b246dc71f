package lib.wire;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Times as servers spell them: with a zone, with Z, or without any, which means UTC. */
public final class Times {
  private static final DateTimeFormatter FORM = new DateTimeFormatterBuilder().append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
      .appendPattern("[XXX][XX][X]").toFormatter(Locale.ROOT); // +01:00 or Z, +0100, +01

  private Times() {}

  /** The instant, or null when there is none or it cannot be read. */
  public static Instant parse(String text) {
    if (text == null) {
      return null;
    }
    try {
      return switch (FORM.parseBest(text.strip().replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from)) {
        case OffsetDateTime zoned -> zoned.toInstant();
        case LocalDateTime bare -> bare.toInstant(ZoneOffset.UTC);
        default -> null;
      };
    } catch (DateTimeException e) {
      return null; // a time that no one can read says nothing; no decision rests on it
    }
  }
}
