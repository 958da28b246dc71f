package lib.cli;

import java.io.PrintStream;
import lib.Visible;
import lib.config.Env;
import org.slf4j.LoggerFactory;

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
    System.setProperty(PREFIX + "cacheOutputStream", "true");
    var err = System.err;
    System.setErr(new Events(err)); // the backend takes it when the first logger is made
    LoggerFactory.getLogger(Logs.class);
    System.setErr(err);
  }

  /** One line per event: whatever servers put into their words, nobody can forge a second one. */
  private static final class Events extends PrintStream {
    private Events(PrintStream out) {
      super(out, true);
    }

    @Override
    public void println(String line) {
      super.println(Visible.of(line));
    }
  }
}
