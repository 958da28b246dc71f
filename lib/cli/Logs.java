package lib.cli;

import lib.config.Env;

/** Where log lines go and how they look: stderr, one line per event; under journald without the time that it adds itself. */
public final class Logs {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logs() {}

  /** Must come before the first line is logged; the backend reads this once. */
  public static void start(String level, boolean terminal, Env env) {
    System.setProperty(PREFIX + "defaultLogLevel", level);
    System.setProperty(PREFIX + "showThreadName", "false");
    System.setProperty(PREFIX + "showLogName", "false");
    System.setProperty(PREFIX + "showDateTime", Boolean.toString(env.var("JOURNAL_STREAM") == null));
    System.setProperty(PREFIX + "dateTimeFormat", terminal ? "HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  }
}
