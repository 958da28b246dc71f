package tests;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.core.Environment;

/** A command that runs in the tests' own JVM: it costs milliseconds, where a process costs a second of a processor. */
final class InnerCommand extends Process {
  /** Those that need no process of their own: they handle no signal and start no log. */
  private static final Set<String> NAMES = Set.of("config", "ctl", "models", "outbox", "server", "sessions", "status", "tasks");

  private final Thread thread;
  private volatile int exit;

  /** Starts it; what it prints goes into these files. */
  InnerCommand(Environment env, Path out, Path err, String... arguments) throws IOException {
    var prints = new PrintStream(Files.newOutputStream(out), true, StandardCharsets.UTF_8);
    var says = new PrintStream(Files.newOutputStream(err), true, StandardCharsets.UTF_8);
    var io = new CommandIo(InputStream.nullInputStream(), prints, says, false, env);
    thread = Thread.ofPlatform().name(arguments[0]).start(() -> {
      try (prints; says) {
        exit = command(arguments[0]).run(io, Arrays.copyOfRange(arguments, 1, arguments.length));
      }
    });
  }

  static boolean fits(String... arguments) {
    return arguments.length > 0 && NAMES.contains(arguments[0]);
  }

  private static Command command(String name) {
    try {
      return (Command) Class.forName("cmd." + name).getConstructor().newInstance();
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

  /** Interrupts it, as the console does at Ctrl-C. */
  @Override
  public void destroy() {
    thread.interrupt();
  }

  @Override
  public OutputStream getOutputStream() {
    return OutputStream.nullOutputStream();
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
