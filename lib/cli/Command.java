package lib.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import lib.Problem;
import lib.Version;
import lib.Visible;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.Time;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Retry;
import lib.wire.Server;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command: gets what it talks through, returns its exit code. A subclass carries picocli's annotations for its own
 * options; options for settings are added from the table. It may be run by a script's {@code main}, by the console and
 * by tests, several times, from one thread at a time.
 */
public abstract class Command implements Callable<Integer> {
  protected final Io io;
  private final Set<Setting.Use> uses;
  private CommandSpec spec;
  private Options options;

  protected Command(Io io, Setting.Use... uses) {
    this.io = io;
    this.uses = Set.of(uses);
  }

  /** The commands below this one; none unless overridden. */
  protected List<Command> children() {
    return List.of();
  }

  /** Without a command below it, a command that only groups others shows its help. */
  @Override
  public Integer call() throws Exception {
    spec.commandLine().usage(io.err());
    return Problem.Exit.USAGE.code;
  }

  /** Parses and runs, prints problems, and returns the exit code. */
  public final int run(String... args) {
    return line(List.of(args)).execute(args);
  }

  /** The settings that these arguments, the variables and the config file make; warnings go to {@code err}. */
  protected final Settings settings() {
    var config = Options.config(spec.commandLine().getParseResult(), io.env());
    var settings = Settings.resolve(options.given(), config, io.env());
    var acts = uses.contains(Setting.Use.WORK) || uses.contains(Setting.Use.SERVE);
    (acts ? settings.warnings() : settings.briefWarnings()).forEach(io::warn);
    return settings;
  }

  /**
   * The server that the settings name, else the one of a {@code run --local} that is alive, which is said on {@code err}.
   *
   * @throws Problem when there is none, or several to choose from
   */
  protected final Server server(Settings settings) {
    var named = Server.of(settings);
    if (named.url() != null) {
      return named;
    }
    try {
      var local = LocalServer.alive(settings);
      if (local.size() == 1) {
        io.err().println("using the local server " + local.getFirst().url() + " of worker " + local.getFirst().worker());
        return named.at(local.getFirst().url()).with(local.getFirst().token() != null ? local.getFirst().token() : named.token());
      }
      if (local.size() > 1) {
        throw new Problem("several local servers are alive", "they belong to the workers "
            + String.join(", ", local.stream().map(LocalServer::worker).toList()), "choose one with --name, or give --server URL");
      }
    } catch (IOException e) {
      throw new Problem("the state folders cannot be read", String.valueOf(e), "give --server URL").from(e);
    }
    throw noServer();
  }

  /** No server was named and there is no default one. */
  protected static Problem noServer() {
    return new Problem("no server is named", "there is no default one, since it would get your tasks and code",
        "name yours with --server URL (or A2A_SERVER_URL, or server_url in the config file), or start one here: run --local; "
            + "--help lists what there is");
  }

  /** Calls the server as a person's command does: a few tries, then the problem. */
  protected static <T> T ask(Client client, Retry.Call<T> call) throws InterruptedException {
    try {
      return Retry.COMMAND.run(call, Time.SYSTEM, ThreadLocalRandom.current());
    } catch (CallFailed e) {
      throw e.problem(client.server().toString());
    }
  }

  private CommandLine line(List<String> args) {
    var line = new CommandLine(build(args));
    line.setOut(new PrintWriter(io.out(), true, StandardCharsets.UTF_8)).setErr(new PrintWriter(io.err(), true, StandardCharsets.UTF_8));
    line.setAbbreviatedOptionsAllowed(true).setOverwrittenOptionsAllowed(true).setExpandAtFiles(false);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(io.colour() ? Ansi.ON : Ansi.OFF));
    line.setParameterExceptionHandler((e, all) -> {
      io.err().println("problem: " + Visible.of(wrong(e)));
      CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr());
      io.err().println("    fix: '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help' lists what it takes");
      return Problem.Exit.USAGE.code;
    });
    line.setExecutionExceptionHandler((e, command, parsed) -> report(e));
    return line;
  }

  /** What is wrong with the arguments; never a value that belongs to an option, which may be a secret. */
  private static String wrong(CommandLine.ParameterException e) {
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      var option = unmatched.getUnmatched().stream().filter(a -> a.startsWith("-") && a.length() > 1).findFirst();
      return option.map(a -> "unknown option " + (a.startsWith("--") ? a.replaceFirst("(?s)=.*", "") : a.substring(0, 2)))
          .orElseGet(() -> "unexpected argument " + unmatched.getUnmatched().getFirst());
    }
    return e.getMessage().split("\n")[0].replaceFirst("^Error: ", "").replaceFirst(" but found .*", "");
  }

  private CommandSpec build(List<String> args) {
    spec = CommandSpec.forAnnotatedObject(this).mixinStandardHelpOptions(true).version("a2a-worker " + Version.TEXT);
    spec.usageMessage().sortOptions(false).abbreviateSynopsis(true);
    if (!uses.isEmpty()) {
      options = new Options(args);
      options.add(spec, uses);
    }
    children().forEach(child -> {
      var below = child.build(args);
      spec.addSubcommand(below.name(), below);
    });
    return spec;
  }

  private int report(Exception e) {
    if (e instanceof Problem problem) {
      io.err().println(problem.text());
      return problem.exit().code;
    }
    var trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    var why = String.valueOf(e.getMessage()).split("\n")[0];
    try {
      var log = Files.createTempFile("a2a-worker-bug-", ".log");
      Files.writeString(log, "a2a-worker " + Version.TEXT + "\n" + trace);
      io.err().println(new Problem("this is a bug in the worker: " + e.getClass().getSimpleName(), why,
          "report it with " + log).text());
    } catch (IOException unwritable) {
      io.err().println(trace); // the trace is all there is to report the bug with
    }
    return Problem.Exit.BUG.code;
  }
}
