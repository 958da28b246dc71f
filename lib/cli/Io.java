package lib.cli;

import java.io.InputStream;
import java.io.PrintStream;
import lib.Visible;
import lib.config.Env;

/**
 * What a command talks through. A command writes its result to {@code out} and everything else to {@code err}; it never
 * touches the process's own streams, so the console and tests can run it.
 *
 * @param terminal whether {@code out} is a person's terminal
 */
public record Io(InputStream in, PrintStream out, PrintStream err, boolean terminal, Env env) {

  /** The process's own streams; only a {@code main} calls this. */
  public static Io of(InputStream in, PrintStream out, PrintStream err) {
    var console = System.console();
    return new Io(in, out, err, console != null && console.isTerminal(), Env.system());
  }

  /** Tells a person what the command goes on in spite of. */
  public void warn(String warning) {
    err.println("warning: " + Visible.of(warning));
  }

  /** Whether to colour: a terminal, unless {@code NO_COLOR} or {@code CLICOLOR=0} says no. */
  public boolean colour() {
    return terminal && env.var("NO_COLOR") == null && !"0".equals(env.vars().get("CLICOLOR"));
  }
}
