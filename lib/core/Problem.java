package lib.core;

/**
 * The one error that users see: what is wrong, why, and how to fix it.
 *
 * <p>Anything else that reaches a command's edge is our bug and is shown as one ({@link Exit#BUG}). A problem is
 * thrown where it is found and printed once, by the command; nothing between logs it.
 */
public final class Problem extends RuntimeException {
  private final String why;
  private final String fix;
  private final Exit exit;

  /** A problem that ends a command with {@link Exit#PROBLEM}. Each part is one sentence without a full stop. */
  public Problem(String what, String why, String fix) {
    this(what, why, fix, Exit.PROBLEM, null);
  }

  private Problem(String what, String why, String fix, Exit exit, Throwable cause) {
    super(what, cause);
    this.why = why;
    this.fix = fix;
    this.exit = exit;
  }

  /** The same problem ending the command with another exit code. */
  public Problem ending(Exit exit) {
    return new Problem(what(), why, fix, exit, getCause());
  }

  /** The same problem, keeping what caused it for the log. */
  public Problem from(Throwable cause) {
    return new Problem(what(), why, fix, exit, cause);
  }

  public String what() {
    return getMessage();
  }

  public String why() {
    return why;
  }

  public String fix() {
    return fix;
  }

  public Exit exit() {
    return exit;
  }

  /** Three lines for a person. */
  public String text() {
    return "problem: " + shown(what()) + "\n    why: " + shown(why) + "\n    fix: " + shown(fix);
  }

  /** One line for a log. */
  public String line() {
    return shown(what() + ": " + why + " (fix: " + fix + ")");
  }

  /** Its parts hold what others wrote: file names, values, answers of servers. */
  private static String shown(String part) {
    return PrintableText.of(String.valueOf(part));
  }

  /** What a command's exit code says; the numbers are a contract with scripts and service managers. */
  public enum Exit {
    DONE(0), PROBLEM(1), USAGE(2), NO_WORKER(3), REFUSED(4), BUG(70), TRY_LATER(75), INTERRUPTED(130);

    public final int code;

    Exit(int code) {
      this.code = code;
    }
  }
}
