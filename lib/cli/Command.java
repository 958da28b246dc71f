package lib.cli;

import module java.base;
import javax.net.ssl.SSLException;
import lib.cli.output.CommandIo;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.client.http.ServerAddress;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Problem;
import lib.core.Version;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.store.NativeLibrary;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine;

/**
 * A command: gets what it talks through, returns its exit code. A subclass carries picocli's annotations for its own
 * options; options for settings are added from the table. It may be run by a script's {@code main}, by the console and
 * by tests; each run takes an object of its own.
 */
public abstract class Command implements Callable<Integer> {
  private final Set<Setting.Use> uses;
  protected CommandIo io;
  private CommandSpec spec;

  /** @param uses the uses whose settings it takes as options */
  protected Command(Setting.Use... uses) {
    this.uses = Set.of(uses);
  }

  /** Without a command below it, a command that only groups others shows its help. */
  @Override
  public Integer call() throws Exception {
    spec.commandLine().usage(io.err());
    return Problem.Exit.USAGE.code;
  }

  /** Parses and runs, prints problems, and returns the exit code. */
  public final int run(CommandIo through, String... args) {
    NativeLibrary.keepIn(through.env());
    var line = new CommandLine(this);
    prepare(line.getCommandSpec(), through);
    configure(line, List.of(args));
    var code = line.execute(args);
    if (code == Problem.Exit.DONE.code) {
      try {
        io.written();
      } catch (Problem e) {
        return report(e);
      }
    }
    return code;
  }

  /** The settings that these arguments, the variables, the config file and servers of this user make; warnings go to {@code err}. */
  protected final Settings settings() {
    var parsed = spec.commandLine().getParseResult();
    var settings = Settings.resolve(SettingOptions.given(parsed), SettingOptions.config(parsed, io.env()), io.env());
    var acts = uses.contains(Setting.Use.WORK) || uses.contains(Setting.Use.SERVE);
    (acts ? settings.warnings() : settings.briefWarnings()).forEach(io::warn);
    return uses.contains(Setting.Use.CONNECT) ? LocalServer.withTokenOf(settings, io) : settings;
  }

  /**
   * The server that the settings name, else the embedded one of this user that is alive, which is said on {@code err}.
   *
   * @throws Problem when there is none, or several to choose from
   */
  protected final ServerAddress server(Settings settings) {
    var named = ServerAddress.of(settings);
    if (named.url() != null) {
      return named;
    }
    var local = LocalServer.alive(settings, io);
    if (local.size() == 1) {
      io.err().println("using the local server " + local.getFirst());
      return named.at(local.getFirst().url()).with(local.getFirst().token());
    }
    if (local.size() > 1) {
      throw new Problem("several local servers are alive", local.stream().map(LocalServer::toString).collect(Collectors.joining(", ")),
          "choose one with --name, or give --server URL");
    }
    if (settings.given(SettingsTable.WORKER_NAME)) {
      var others = LocalServer.names(settings.env(), io);
      throw new Problem("worker " + settings.get(SettingsTable.WORKER_NAME) + " has no local server alive",
          others.isEmpty() ? "no worker here has one" : "alive: " + others,
          "give another --name, or --server URL, or start one: run --local --name " + settings.get(SettingsTable.WORKER_NAME));
    }
    throw noServer();
  }

  /** No server was named and there is no default one. */
  protected static Problem noServer() {
    return new Problem("no server is named", "there is no default one, since it would get your tasks and code",
        "name yours with --server URL (or A2A_SERVER_URL, or server_url in the config file), or start one here: run --local; "
            + "--help lists what there is");
  }

  /** A client as a person's command needs it: a server that hangs is given up soon. */
  protected final ApiClient client(ServerAddress server) {
    return new ApiClient(server, io.patience());
  }

  /** Calls the server as a person's command does: a few tries, then the problem; a wait that was in vain is not repeated. */
  protected static <T> T ask(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      return RetryPolicy.COMMAND.run(() -> {
        try {
          return call.call();
        } catch (ApiException e) {
          if (isTimeout(e)) {
            throw problem(e, client.server());
          }
          throw e;
        }
      }, Clock.SYSTEM, ThreadLocalRandom.current());
    } catch (ApiException e) {
      throw problem(e, client.server());
    }
  }

  /** Whether the time was up. The call and its socket have the same deadline, and either may see it first. */
  private static boolean isTimeout(ApiException e) {
    return e.getCause() instanceof TimeoutException || e.getCause() instanceof SocketTimeoutException;
  }

  /** Calls once: a repeated creation makes a second task. After a failure the server may have created it all the same, which is said. */
  protected static <T> T create(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      return call.call();
    } catch (ApiException e) {
      var wasSent = !(e.getCause() instanceof ConnectException || e.getCause() instanceof UnknownHostException);
      var isInDoubt = wasSent && Set.of(ApiException.Kind.UNREACHABLE, ApiException.Kind.BUSY, ApiException.Kind.GARBLED).contains(e.kind());
      throw isInDoubt ? new Problem("the server " + client.server() + " may have created the task or not", e.getMessage(),
          "look before you create it again: tasks list").ending(Problem.Exit.TRY_LATER).from(e) : problem(e, client.server());
    }
  }

  /** The exit code that tells how a task ended. */
  protected static int exit(Task ended) {
    return (ended.status() == TaskStatus.COMPLETED ? Problem.Exit.DONE : Problem.Exit.PROBLEM).code;
  }

  /** What a failed call means to somebody who may have named another server than they meant. */
  protected static Problem problem(ApiException e, ServerAddress server) {
    if (e.getCause() instanceof SSLException && server.url().getScheme().equals("https") && e.getMessage().contains("SSL message")) {
      return new Problem("the server " + server + " cannot be reached", "what listens there does not speak https",
          "give its address as http://" + server.url().getRawAuthority().replaceFirst(".*@", "")).from(e);
    }
    if (isTimeout(e) && server.url().getScheme().equals("https")) {
      return new Problem("the server " + server + " cannot be reached", e.getMessage(), "if what listens there does not speak https, "
          + "give its address with http://").ending(Problem.Exit.TRY_LATER).from(e);
    }
    return switch (e.kind()) {
      case GARBLED, NO_ROUTE, GONE -> new Problem("the server " + server + " does not answer as a CodeTether server does", e.getMessage(),
          "is it one? check the address and the port, and any proxy in front of it").from(e);
      default -> e.problem(server.toString());
    };
  }

  /**
   * A prompt as it was given; {@code -} is standard input.
   *
   * @throws Problem when there is nothing in it
   */
  protected final String prompt(String given) throws IOException {
    var text = given.equals("-") ? new String(io.in().readAllBytes(), StandardCharsets.UTF_8) : given;
    if (text.isBlank()) {
      throw new Problem("the prompt is empty", given.equals("-") ? "standard input had no text" : "an agent must be asked something",
          "give the prompt as one argument, or - and the text on standard input").ending(Problem.Exit.USAGE);
    }
    return text;
  }

  private void configure(CommandLine line, List<String> args) {
    line.setOut(new PrintWriter(io.out(), true, StandardCharsets.UTF_8)).setErr(new PrintWriter(io.err(), true, StandardCharsets.UTF_8));
    // picocli breaks on these two where it looks for an abbreviated option
    line.setAbbreviatedOptionsAllowed(args.stream().noneMatch(arg -> arg.isEmpty() || arg.equals("-")));
    line.setOverwrittenOptionsAllowed(true).setExpandAtFiles(false);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(io.colour() ? Ansi.ON : Ansi.OFF));
    line.setParameterExceptionHandler((e, wrong) -> report(UsageErrors.problem(e)));
    line.setExecutionExceptionHandler((e, command, parsed) -> report(e));
  }

  /** Gives this command and those below it what they talk through and their options from the settings table. */
  private static void prepare(CommandSpec spec, CommandIo io) {
    var command = (Command) spec.userObject();
    command.io = io;
    command.spec = spec.version("a2a-worker " + Version.TEXT);
    spec.usageMessage().sortOptions(false).abbreviateSynopsis(true);
    if (!command.uses.isEmpty()) {
      SettingOptions.add(spec, command.uses);
      var config = spec.findOption(SettingOptions.CONFIG);
      spec.remove(config).addOption(config); // what every command has stands last
    }
    spec.addOption(OptionSpec.builder("-h", "--help").usageHelp(true).description("print this help").build());
    spec.addOption(OptionSpec.builder("-V", "--version").versionHelp(true).description("print the version").build());
    SettingOptions.acceptHyphens(spec);
    spec.subcommands().values().forEach(child -> prepare(child.getCommandSpec(), io));
  }

  private int report(Exception e) {
    if (e instanceof Problem problem) {
      io.err().println(problem.text());
      return problem.exit().code;
    }
    if (e instanceof InterruptedException) {
      return Problem.Exit.INTERRUPTED.code; // the console, or a test
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
