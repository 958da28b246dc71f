package tests;

import module java.base;
import lib.core.Environment;

/**
 * The program as a user has it: a process of its own, started from the once-built jar, with a home, state and data in a
 * folder of the test. Ends with {@link #close}, at the latest. A command that no test kills may run within this JVM.
 */
public final class Program implements AutoCloseable {
  /** Variables for a worker within this JVM: its clock goes so many times as fast, and a call to the server may take so long. */
  public static final String TIMES_FASTER = "TEST_TIMES_FASTER", CALL_SECONDS = "TEST_CALL_SECONDS";
  public static final Duration PATIENCE = Duration.ofSeconds(40); // generous: tests run four at once on two cores

  private final Process process;
  private final Path out;
  private final Path err;

  private Program(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts {@code worker} with these arguments; {@code home} is its home and its current folder's parent. */
  public static Program start(Path home, String... arguments) throws IOException {
    return start(home, home, Map.of(), arguments);
  }

  /** A command within this JVM where it needs no process of its own, else the same as {@link #start}. */
  public static Program command(Path home, Path directory, Map<String, String> variables, String... arguments) throws IOException {
    if (!InnerCommand.fits(arguments)) {
      return start(home, directory, variables, arguments);
    }
    var out = Files.createTempFile(home, "out", ".txt");
    var err = Files.createTempFile(home, "err", ".txt");
    var env = new Environment(environment(home, variables), directory, home, Environment.system().host());
    return new Program(new InnerCommand(env, out, err, arguments), out, err);
  }

  /** The same in another current folder and with further variables; an empty value removes one. */
  public static Program start(Path home, Path directory, Map<String, String> variables, String... arguments) throws IOException {
    var command = java("worker");
    command.addAll(List.of(arguments));
    var out = Files.createTempFile(home, "out", ".txt");
    var err = Files.createTempFile(home, "err", ".txt");
    var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment(home, variables));
    builder.environment().keySet().retainAll(environment(home, variables).keySet());
    return new Program(builder.start(), out, err);
  }

  /** The command that starts a class of the once-built jar. */
  public static List<String> java(String main) {
    var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    var command = new ArrayList<>(List.of(java, "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms16m"));
    command.addAll(StartupCache.options(command));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    return command;
  }

  /** A user's variables with a home in the test's folder, and nothing of the tests' own user but the PATH. */
  public static Map<String, String> environment(Path home, Map<String, String> variables) {
    var environment = new HashMap<>(Map.of("PATH", System.getenv("PATH"), "HOME", home.toString(), "LANG", "C.UTF-8"));
    environment.putAll(variables);
    environment.values().removeIf(String::isEmpty);
    return environment;
  }

  /** Gives it this on its standard input, and then its end. */
  public void input(String text) throws IOException {
    try (var in = process.getOutputStream()) {
      in.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  public String out() {
    return read(out);
  }

  public String err() {
    return read(err);
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Sends a signal by its name. */
  public void signal(String name) throws IOException, InterruptedException {
    if (process instanceof InnerCommand command) {
      command.signal(name);
      return;
    }
    new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).start().waitFor();
  }

  /** Ends it at once, without waiting for that. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end and gives its exit code. */
  public int exit() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("it does not end\n" + this);
    }
    return process.exitValue();
  }

  /** Waits until its stdout has a text that matches, and gives the match's first group, or the whole. */
  public String awaitOut(String regex) throws Exception {
    return awaitText(regex, this::out);
  }

  /** The same for stderr, where the log is. */
  public String awaitErr(String regex) throws Exception {
    return awaitText(regex, this::err);
  }

  private String awaitText(String regex, Callable<String> text) throws Exception {
    var pattern = Pattern.compile(regex);
    var until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var ended = !process.isAlive();
      var found = pattern.matcher(text.call());
      if (found.find()) {
        return found.groupCount() > 0 ? found.group(1) : found.group();
      }
      if (ended || System.nanoTime() > until) {
        throw new AssertionError("no '" + regex + "'" + (ended ? ", it ended with " + process.exitValue() : "") + "\n" + this);
      }
      Thread.sleep(10);
    }
  }

  /** Waits until something holds. */
  public static void await(String what, Callable<Boolean> condition) throws Exception {
    await(what, PATIENCE, condition);
  }

  /** The same for what takes longer than most things. */
  public static void await(String what, Duration most, Callable<Boolean> condition) throws Exception {
    var until = System.nanoTime() + most.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited too long for " + what);
      }
      Thread.sleep(10);
    }
  }

  /** Ends it at once; agents of a worker stay. */
  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "--- stdout\n" + out() + "\n--- stderr\n" + err();
  }
}
