package scripts.measure;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.management.ManagementFactory;
import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import lib.core.Environment;
import lib.protocol.CodebaseInfo;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;

/**
 * The embedded server and every process of one bench run, in a fresh folder. {@link #close} leaves no process behind, neither a
 * worker nor an agent of one. Rows run on one thread; {@code close} may come from another.
 */
public final class Testbed implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration QUICK_PATIENCE = Duration.ofSeconds(45);
  private static final Duration LOOK = Duration.ofMillis(25); // more often would cost the measured server calls
  private static final Duration GRACE = Duration.ofSeconds(5); // for a process that closes its database

  private final PrintStream out;
  private final boolean quick;
  private final Path home;
  private final List<Process> running = new ArrayList<>();
  private final Process server;
  private final URI url;
  private final ApiClient client;
  private boolean closed;

  /** @param quick whether rows run with few repetitions and small sizes, to see that they work */
  public Testbed(PrintStream out, boolean quick) throws Exception {
    this.out = out;
    this.quick = quick;
    this.home = Files.createTempDirectory("a2a-bench").toRealPath();
    Runtime.getRuntime().addShutdownHook(new Thread(this::close)); // Ctrl-C ends them, too
    this.server = start("server", "worker", "serve", "--no-token", "--port", "0", "--data", file("data").toString());
    await("the server", () -> log("server").contains("http://"));
    this.url = URI.create(log("server").replaceFirst("(?s).*?(http://[^\\s,;]+).*", "$1"));
    this.client = new ApiClient(new ServerAddress(url, null, null, Environment.system()));
  }

  public boolean quick() {
    return quick;
  }

  /** The first in a full run, the second in a quick one. */
  public int size(int full, int small) {
    return quick ? small : full;
  }

  public ApiClient client() {
    return client;
  }

  public Process server() {
    return server;
  }

  public URI url() {
    return url;
  }

  /** A file or folder of this run. */
  public Path file(String name) {
    return home.resolve(name);
  }

  public Path folder(String name) throws IOException {
    return Files.createDirectories(file(name));
  }

  /** Writes an executable script. */
  public Path agent(String script) throws IOException {
    var agent = file("agent");
    Files.writeString(agent, script);
    if (!agent.toFile().setExecutable(true)) {
      throw new IOException(agent + " cannot be made executable");
    }
    return agent;
  }

  // --- processes

  /** Starts a worker of this server with the state folder {@code state}, which logs to {@code worker.log}. */
  public Process worker(URI at, String state, String... more) throws IOException {
    var arguments = new ArrayList<>(List.of("run", "--server", at.toString(), "-n", "bench", "--state-dir", file(state).toString(),
        "--agent-kind", "command"));
    arguments.addAll(List.of(more));
    return start("worker", "worker", arguments.toArray(String[]::new));
  }

  /**
   * Starts a class with the JVM flags of this process, which JBang has taken from the project's one list.
   *
   * @param name its output goes to {@code <name>.log}; null leaves it to the caller to read
   */
  public synchronized Process start(String name, String main, String... arguments) throws IOException {
    if (closed) {
      throw new IllegalStateException("the bench is ending");
    }
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("-X") || flag.startsWith("--enable")).forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    if (name == null) {
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    } else {
      builder.redirectErrorStream(true).redirectOutput(file(name + ".log").toFile());
    }
    builder.environment().put("HOME", home.toString());
    builder.environment().keySet().removeIf(key -> key.startsWith("A2A_") || key.startsWith("XDG_"));
    var process = builder.start();
    running.add(process);
    return process;
  }

  public String log(String name) throws IOException {
    return Files.readString(file(name + ".log"));
  }

  /** Lets a process end; kills it after 30 s. */
  public void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!release(process).waitFor(30, TimeUnit.SECONDS)) {
      kill(process);
    }
  }

  /** Ends a process at once, as a power cut would. */
  public void kill(Process process) throws InterruptedException {
    release(process).destroyForcibly().waitFor();
  }

  private synchronized Process release(Process process) {
    running.remove(process);
    return process;
  }

  /** Every living process whose home is this run's folder: servers, workers, agents and their supervisors. */
  public List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(this::isOurs).toList();
  }

  private boolean isOurs(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/environ")).contains("HOME=" + home + "\0");
    } catch (IOException e) {
      return false; // another user's, or ended meanwhile
    }
  }

  // --- waiting

  /** Waits until something holds; fails when one of the processes ends meanwhile. */
  public void await(String what, Callable<Boolean> condition) throws Exception {
    var until = System.nanoTime() + (quick ? QUICK_PATIENCE : PATIENCE).toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("waited too long for " + what);
      }
      synchronized (this) {
        if (!running.stream().allMatch(Process::isAlive)) {
          throw new IllegalStateException("a process ended before " + what);
        }
      }
      Thread.sleep(LOOK);
    }
  }

  /** Waits until the embedded server has this folder as a codebase of a worker with an open stream; returns its id. */
  public String awaitCodebase(Path folder) throws Exception {
    await("the codebase " + folder, () -> codebase(folder).isPresent() && client.connected(codebase(folder).get().workerId()));
    return codebase(folder).orElseThrow().id();
  }

  private Optional<CodebaseInfo> codebase(Path folder) throws Exception {
    return client.codebases().stream().filter(c -> folder.toString().equals(c.path())).findFirst();
  }

  /** Runs a task at the embedded server to its end; fails unless it completes. */
  public String complete(NewTask task) throws Exception {
    var id = client.create(task).id();
    await("the end of task " + id, () -> client.task(id).status().terminal());
    var ended = client.task(id);
    if (ended.status() != TaskStatus.COMPLETED) {
      throw new IllegalStateException("task " + id + " is " + ended.status() + ": " + ended.error());
    }
    return id;
  }

  // --- figures

  /** Prints a line. */
  public void print(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }

  /** Prints a figure beside its floor, and whether their ratio is {@code <=} or {@code >=} the target. */
  public void figure(String name, double ours, double floor, String bound, double target) {
    var ratio = ours / floor;
    print("%s: %.1f, floor %.1f, ratio %.2f (target %s %.1f: %s)", name, ours, floor, ratio, bound, target,
        met(bound.equals("<=") ? ratio <= target : ratio >= target));
  }

  public static String met(boolean met) {
    return met ? "met" : "MISSED";
  }

  /** A time as servers spell it: with a zone, or without one in UTC. */
  public static Instant time(JsonNode text) {
    var time = text.asText();
    return Instant.parse(time.matches(".*(Z|[+-]\\d\\d:\\d\\d)$") ? time : time + "Z");
  }

  public static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  // --- the end

  /** Ends every process. The files stay: on a disk that discards what is deleted, deleting them would slow down the next run. */
  @Override
  public synchronized void close() {
    closed = true;
    var until = System.nanoTime() + GRACE.toNanos();
    running.forEach(Process::destroy);
    while (running.stream().anyMatch(Process::isAlive) && System.nanoTime() < until) {
      LockSupport.parkNanos(LOOK.toNanos());
    }
    until = System.nanoTime() + GRACE.toNanos();
    for (var left = processes(); !left.isEmpty() && System.nanoTime() < until; left = processes()) {
      left.forEach(ProcessHandle::destroyForcibly); // and again: a supervisor can be about to start something
      LockSupport.parkNanos(LOOK.toNanos());
    }
    running.clear();
  }
}
