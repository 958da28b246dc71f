package lib.cli;

import module java.base;
import lib.cli.output.CommandIo;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.PrintableText;
import lib.redaction.Redaction;
import lib.redaction.Secrets;
import org.slf4j.LoggerFactory;

/** Where log lines go and how they look: stderr, one line per event; under journald without the time that it adds itself. */
public final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  /**
   * Starts the log of a command, and gives what masks these secrets in it.
   *
   * @param otherwise the level where the settings give none
   */
  public static Redaction start(Settings settings, Secrets secrets, String otherwise, CommandIo io) {
    var redaction = Redaction.of(secrets.names());
    start(settings.given(SettingsTable.LOG_LEVEL) ? settings.get(SettingsTable.LOG_LEVEL) : otherwise, io.terminal(), io.env(), redaction::mask);
    return redaction;
  }

  /**
   * Must come before the first line is logged; the backend reads this once.
   *
   * @param redaction masks what must not leave; every line and every trace goes through it
   */
  public static void start(String level, boolean terminal, Environment env, UnaryOperator<String> redaction) {
    System.setProperty(PREFIX + "defaultLogLevel", level);
    System.setProperty(PREFIX + "showThreadName", "false");
    System.setProperty(PREFIX + "showLogName", "false");
    System.setProperty(PREFIX + "showDateTime", Boolean.toString(env.var("JOURNAL_STREAM") == null));
    System.setProperty(PREFIX + "dateTimeFormat", terminal ? "HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    System.setProperty(PREFIX + "cacheOutputStream", "true");
    var err = System.err;
    System.setErr(new Events(err, redaction)); // the backend takes it when the first logger is made
    LoggerFactory.getLogger(Logging.class);
    System.setErr(err);
  }

  /** One line per event: whatever servers put into their words, nobody can forge a second one. */
  private static final class Events extends PrintStream {
    private final UnaryOperator<String> redaction;

    private Events(PrintStream out, UnaryOperator<String> redaction) {
      super(out, true);
      this.redaction = redaction;
    }

    @Override
    public void println(String line) {
      super.println(PrintableText.of(redaction.apply(line)));
    }

    /** A trace's lines come this way. */
    @Override
    public void println(Object line) {
      super.println((Object) redaction.apply(String.valueOf(line)));
    }
  }
}
