package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;

/** Times as servers spell them: with a zone, with Z, or without any, which means UTC. */
public final class Timestamps {
  private static final DateTimeFormatter FORM = new DateTimeFormatterBuilder().append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
      .appendPattern("[XXX][XX][X]").toFormatter(Locale.ROOT); // +01:00 or Z, +0100, +01

  private static final double LATEST_MILLIS = 253_402_300_799_999.0; // the end of the year 9999: later is no time but a mistake

  private static final DateTimeFormatter STORED = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Timestamps() {}

  /** UTC to the microsecond, always of one length: the order of the texts is the order of the times. */
  public static String format(Instant instant) {
    return STORED.format(instant);
  }

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

  /**
   * The first of these fields that tells a time: as text, or as a number, of seconds up to 1e11 and of milliseconds above it,
   * as servers read what agent CLIs write; null when none does.
   */
  public static Instant read(JsonNode node, String... fields) {
    for (var field : fields) {
      var value = node.path(field);
      var instant = value.isNumber() ? ofNumber(value.asDouble()) : parse(value.textValue());
      if (instant != null) {
        return instant;
      }
    }
    return null;
  }

  private static Instant ofNumber(double number) {
    var millis = number > 1e11 ? number : number * 1000;
    return Math.abs(millis) <= LATEST_MILLIS ? Instant.ofEpochMilli((long) millis) : null;
  }
}
