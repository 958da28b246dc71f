package lib.cli.output;

import module java.base;

/** Durations and sizes in words. */
public final class Amounts {
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
}
