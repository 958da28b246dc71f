package lib.cli.output;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Durations and sizes in words. */
public final class Amounts {
  private static final Map<String, Duration> UNITS = Map.of("", Duration.ofSeconds(1), "s", Duration.ofSeconds(1), "m", Duration.ofMinutes(1),
      "h", Duration.ofHours(1), "d", Duration.ofDays(1));

  private Amounts() {}

  /** The two largest units of a duration: {@code 3 h 5 min}. */
  public static String words(Duration time) {
    return time.toDays() > 0 ? time.toDays() + " d " + time.toHoursPart() + " h" : time.toHours() > 0 ? time.toHours() + " h "
        + time.toMinutesPart() + " min" : time.toMinutes() > 0 ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : Math.max(0, time.toSeconds()) + " s";
  }

  /** A size in its largest unit of at least one: {@code 4.1 MB}. */
  public static String words(long bytes) {
    var amount = (double) bytes;
    for (var unit : List.of("B", "kB", "MB")) {
      if (amount < 999.95) { // else it is rounded to 1000.0
        return String.format(Locale.ROOT, unit.equals("B") ? "%.0f B" : "%.1f " + unit, amount);
      }
      amount /= 1000;
    }
    return String.format(Locale.ROOT, "%.1f GB", amount);
  }

  /** What {@code 90}, {@code 90s}, {@code 5m}, {@code 2h} and {@code 30d} mean; empty for anything else. */
  public static Optional<Duration> duration(String text) {
    var unit = text.replaceFirst("^\\d{1,9}", "");
    return unit.length() == text.length() ? Optional.empty() : Optional.ofNullable(UNITS.get(unit))
        .map(one -> one.multipliedBy(Long.parseLong(text.substring(0, text.length() - unit.length()))));
  }
}
