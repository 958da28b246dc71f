package tests;

import module java.base;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.core.Environment;

/** A command that runs in the tests' own JVM: it costs milliseconds, where a process costs a second of a processor. */
final class InnerCommand extends Process {
  /** Those that need no process of their own. */
  private static final Set<String> NAMES = Set.of("config", "ctl", "models", "outbox", "run", "server", "sessions", "status", "tasks");
  private final Command command;
  private final PipedOutputStream input = new PipedOutputStream();
  private final Thread thread;
  private volatile TestLog log;
  private volatile int exit;

  /** Starts it; what it prints goes into these files. */
  InnerCommand(Environment env, Path out, Path err, String... arguments) throws IOException {
    var prints = new PrintStream(Files.newOutputStream(out), true, StandardCharsets.UTF_8);
    var says = new PrintStream(Files.newOutputStream(err), true, StandardCharsets.UTF_8);
    var io = new CommandIo(new PipedInputStream(input), prints, says, false, env);
    command = command(arguments[0]);
    thread = Thread.ofPlatform().name(arguments[0]).start(() -> {
      log = TestLog.open(says);
      try (prints; says) {
        exit = command.run(io, Arrays.copyOfRange(arguments, 1, arguments.length));
      }
    });
  }

  static boolean fits(String... arguments) {
    return arguments.length > 0 && NAMES.contains(arguments[0]) && !List.of(arguments).contains("--log-level"); // this JVM has one level
  }

  /** Does what the command does at this signal. */
  void signal(String name) throws InterruptedException {
    if (!(command instanceof InnerWorker worker)) {
      throw new IllegalStateException("a command within this JVM gets no signals");
    }
    as(() -> worker.signal(name));
  }

  private interface Action {
    void run() throws InterruptedException;
  }

  /** Runs it on a thread that logs where the command logs. */
  private void as(Action action) throws InterruptedException {
    Thread.ofPlatform().start(() -> {
      log.join();
      try {
        action.run();
      } catch (InterruptedException e) {
        throw new IllegalStateException("no one interrupts it", e);
      }
    }).join();
  }

  private static Command command(String name) {
    try {
      return name.equals("run") ? new InnerWorker() : (Command) Class.forName("cmd." + name).getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  /** That of the tests, which no signal may be sent to. */
  @Override
  public long pid() {
    return ProcessHandle.current().pid();
  }

  @Override
  public int waitFor() throws InterruptedException {
    thread.join();
    return exit;
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    return thread.join(Duration.of(timeout, unit.toChronoUnit()));
  }

  @Override
  public int exitValue() {
    if (thread.isAlive()) {
      throw new IllegalThreadStateException("it still runs");
    }
    return exit;
  }

  /** Interrupts it, as the console does at Ctrl-C; a worker leaves its agents and ends. */
  @Override
  public void destroy() {
    thread.interrupt();
  }

  @Override
  public OutputStream getOutputStream() {
    return input;
  }

  @Override
  public InputStream getInputStream() {
    return new ByteArrayInputStream(new byte[0]);
  }

  @Override
  public InputStream getErrorStream() {
    return new ByteArrayInputStream(new byte[0]);
  }
}
