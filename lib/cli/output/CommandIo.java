package lib.cli.output;

import module java.base;
import lib.core.Environment;
import lib.core.PrintableText;
import lib.core.Problem;

/**
 * What a command talks through. A command writes its result to {@code out} and everything else to {@code err}; it never
 * touches the process's own streams, so the console and tests can run it.
 *
 * @param terminal whether {@code out} is a person's terminal
 * @param patience how long to wait for one answer of a server
 */
public record CommandIo(InputStream in, PrintStream out, PrintStream err, boolean terminal, Environment env, Duration patience) {
  /** A person waits no longer; the slowest answer that a healthy server gives takes some seconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  public CommandIo(InputStream in, PrintStream out, PrintStream err, boolean terminal, Environment env) {
    this(in, out, err, terminal, env, PATIENCE);
  }

  /** The process's own streams; only a {@code main} calls this. */
  public static CommandIo of(InputStream in, PrintStream out, PrintStream err) {
    var console = System.console();
    return new CommandIo(in, out, err, console != null && console.isTerminal(), Environment.system());
  }

  /** Tells a person what the command goes on in spite of. */
  public void warn(String warning) {
    err.println("warning: " + PrintableText.of(warning));
  }

  /** Whether to colour: a terminal, unless {@code NO_COLOR} or {@code CLICOLOR=0} says no. */
  public boolean colour() {
    return terminal && env.var("NO_COLOR") == null && !"0".equals(env.vars().get("CLICOLOR"));
  }

  /**
   * Prints others' text to {@code out}: as it is, but on a terminal without what could drive it.
   *
   * @throws Problem when it cannot be written
   */
  public void print(String text) {
    out.print(terminal ? harmless(text) : text);
    written();
  }

  /** Prints others' text to {@code err}, which people read. */
  public void say(String text) {
    err.print(harmless(text));
    err.flush();
  }

  /** @throws Problem when something printed to {@code out} could not be written: a full disk, or a reader that left */
  public void written() {
    if (out.checkError()) {
      throw new Problem("the output could not be written", "standard output is closed, or its disk is full",
          "give it a reader that stays, or a disk with room");
    }
  }

  /** A time as a list shows it: on a terminal today's time of day, or the day; else exact. Empty for none. */
  public String when(Instant time) {
    if (time == null || !terminal) {
      return time == null ? "" : time.toString();
    }
    var at = time.atZone(ZoneId.systemDefault());
    var today = at.toLocalDate().equals(LocalDate.now(at.getZone()));
    return today ? at.format(DateTimeFormatter.ofPattern("HH:mm")) : at.toLocalDate().toString();
  }

  /** The characters in a line of the terminal: {@code COLUMNS}, else what {@code stty} says; no limit when neither does. */
  public int width() {
    var given = env.var("COLUMNS");
    if (given != null && given.matches("[1-9]\\d{0,5}")) {
      return Integer.parseInt(given);
    }
    try {
      var stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      var size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      return size.matches("\\d+ [1-9]\\d{0,5}") ? Integer.parseInt(size.replaceFirst(".* ", "")) : Integer.MAX_VALUE;
    } catch (IOException e) {
      return Integer.MAX_VALUE; // no terminal to ask, or no stty
    }
  }

  private static String harmless(String text) {
    return text.replaceAll("[\\p{Cc}&&[^\t\n]]", "");
  }
}
