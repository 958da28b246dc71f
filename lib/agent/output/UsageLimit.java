package lib.agent.output;

import module java.base;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.protocol.Timestamps;

/**
 * A provider's refusal because too much was used.
 *
 * @param message in the provider's or the agent's words
 * @param pause how long to wait, where the provider says it so; else null
 * @param until the time until which to wait, where the provider says it so; else null
 */
public record UsageLimit(String message, Duration pause, Instant until) {
  private static final Set<Integer> STATUS = Set.of(402, 429); // payment required, too many requests
  /** In an error that the agent reports, which is about its provider. */
  private static final Pattern ERROR = Pattern.compile("(usage|rate|credit|spend\\w*) limit|hit your [\\w -]{0,20}limit|(?<!disk )quota|too many requests"
      + "|insufficient (credit|balance|funds)", Pattern.CASE_INSENSITIVE);
  /** In a line of stderr, which may be about anything. */
  private static final Pattern LINE = Pattern.compile("too many requests|(error|status|code|http\\S*)\\W{0,4}(code\\W{0,3})?429\\b"
      + "|usage limit|(rate|credit|spend\\w*) limit\\w* (has been |was |is )?(reached|exceeded|hit)|rate[-_]limit(ed|_error|_exceeded)"
      + "|(?<!disk )quota (has been |was |is )?exceeded|exceeded your[\\w ]{0,30} quota|insufficient_quota|resource_exhausted",
      Pattern.CASE_INSENSITIVE);
  private static final Pattern LEAD = Pattern.compile("(retry[-_ ]?after([-_ ]ms)?|(?:try again|retry|retrying|resets?"
      + "|available(?: again)?|wait|limit reached)(?:[ _](?:in|after|at|on|until|for))?)[\"']?\\s*[:=|]?\\s*[\"']?", Pattern.CASE_INSENSITIVE);
  private static final Pattern SPAN = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(ms|milliseconds?|d|days?|h|hrs?|hours?"
      + "|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])[, ]*(?:and )?", Pattern.CASE_INSENSITIVE);
  private static final Pattern NUMBER = Pattern.compile("\\d{1,13}(\\.\\d{1,9})?(?![\\d:-])");
  private static final Pattern ISO = Pattern.compile("\\d{4}-\\d\\d-\\d\\d[T ]"
      + "\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d(:?\\d\\d)?)?");
  private static final Pattern HTTP_DATE = Pattern.compile("[A-Z][a-z]{2}, \\d\\d? [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
  private static final double EPOCH = 1e9; // a number as large is a time: as a wait it would be thirty years
  private static final double EPOCH_MILLIS = 1e12;
  private static final int MOST_READ = 8 << 10; // characters; more is no message

  /** The limit that an error of the agent tells of, if it is one. */
  public static Optional<UsageLimit> of(AgentError failed) {
    return STATUS.contains(failed.status()) || ERROR.matcher(cut(failed.message())).find()
        ? Optional.of(read(failed.message(), failed.message() + "\n" + failed.detail())) : Optional.empty();
  }

  /** The limit that a line of stderr tells of, if it does. */
  static Optional<UsageLimit> line(String text) {
    var line = cut(text);
    return LINE.matcher(line).find() ? Optional.of(read(line.strip(), line)) : Optional.empty();
  }

  /** How long from this time on its provider wants us to wait; empty when it said nothing that can be read. */
  public Optional<Duration> waitFrom(Instant now) {
    return pause != null ? Optional.of(pause) : Optional.ofNullable(until).map(time -> Duration.between(now, time));
  }

  /** With the time of an earlier one where it tells none itself: some agents tell the time and the refusal apart. */
  UsageLimit withTimeOf(UsageLimit earlier) {
    return earlier == null || pause != null || until != null ? this : new UsageLimit(message, earlier.pause, earlier.until);
  }

  private static UsageLimit read(String message, String text) {
    var all = cut(text);
    var lead = LEAD.matcher(all);
    while (lead.find()) {
      var rest = all.substring(lead.end());
      var header = lead.group().matches("(?is)retry[-_ ]?after.*");
      var unit = lead.group(2) != null ? 0.001 : header ? 1 : 0;
      var found = time(message, rest).or(() -> span(message, rest)).or(() -> number(message, rest, unit));
      if (found.isPresent()) {
        return found.get();
      }
    }
    return new UsageLimit(message, null, null);
  }

  private static Optional<UsageLimit> time(String message, String rest) {
    var iso = ISO.matcher(rest);
    if (iso.lookingAt()) {
      return Optional.ofNullable(Timestamps.parse(iso.group())).map(at -> new UsageLimit(message, null, at));
    }
    var date = HTTP_DATE.matcher(rest);
    try {
      return !date.lookingAt() ? Optional.empty() : Optional.of(new UsageLimit(message, null,
          ZonedDateTime.parse(date.group(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant()));
    } catch (DateTimeException e) {
      return Optional.empty(); // the 31st of February says nothing
    }
  }

  private static Optional<UsageLimit> span(String message, String rest) {
    var part = SPAN.matcher(rest);
    var seconds = 0.0;
    var end = 0;
    while (part.region(end, rest.length()).lookingAt()) {
      var unit = part.group(2).toLowerCase(Locale.ROOT);
      seconds += Double.parseDouble(part.group(1)) * (unit.startsWith("ms") || unit.startsWith("milli") ? 0.001
          : unit.startsWith("d") ? 86_400 : unit.startsWith("h") ? 3600 : unit.startsWith("m") ? 60 : 1);
      end = part.end();
    }
    return end == 0 ? Optional.empty() : Optional.of(waiting(message, seconds));
  }

  /** @param unit of a bare number, in seconds; 0 when only a time can be meant */
  private static Optional<UsageLimit> number(String message, String rest, double unit) {
    var number = NUMBER.matcher(rest);
    if (!number.lookingAt()) {
      return Optional.empty();
    }
    var value = Double.parseDouble(number.group());
    var millis = value >= EPOCH_MILLIS ? value : value * 1000;
    return value >= EPOCH ? Optional.of(new UsageLimit(message, null, Instant.ofEpochMilli((long) millis)))
        : unit > 0 ? Optional.of(waiting(message, value * unit)) : Optional.empty();
  }

  private static UsageLimit waiting(String message, double seconds) {
    return new UsageLimit(message, Duration.ofMillis((long) (seconds * 1000)), null);
  }

  /** The beginning of a text, in which a message says what is wrong: an agent may print megabytes. */
  static String cut(String text) {
    return text.length() <= MOST_READ ? text : text.substring(0, MOST_READ);
  }
}
