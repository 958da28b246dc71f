package scripts.measure;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import lib.core.Environment;
import lib.wire.Client;
import lib.wire.Server;

/** The server, the workers and the bare client of one run. */
public final class Rig implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LOOK = Duration.ofMillis(25); // more often would cost the measured server calls

  private final PrintStream out;
  private final Path home;
  private final Process server;
  private final String url;
  private final Client client;

  public Rig(PrintStream out) throws Exception {
    this.out = out;
    this.home = Files.createTempDirectory("a2a-bench");
    this.server = start("server", "serve", "--port", "0", "--data", file("data").toString());
    this.url = awaitLine(server, file("server.log"), "http://").replaceFirst(".*(http://\\S+).*", "$1");
    this.client = new Client(new Server(URI.create(url), null, null, Environment.system()));
  }

  public PrintStream out() {
    return out;
  }

  public Client client() {
    return client;
  }

  public Process server() {
    return server;
  }

  public String url() {
    return url;
  }

  /** A file or folder of this run. */
  public Path file(String name) {
    return home.resolve(name);
  }

  /** Starts a worker of this run's server. */
  public Process worker(String... more) throws IOException {
    var arguments = new ArrayList<>(List.of("run", "--server", url, "-n", "bench", "--state-dir", file("state").toString()));
    arguments.addAll(List.of(more));
    return start("worker", arguments.toArray(String[]::new));
  }

  /** Prints a figure beside its floor. */
  public void figure(String name, double ours, double floor, String better, double target) {
    var ratio = ours / floor;
    out.printf(Locale.ROOT, "%s: %.1f, floor %.1f, ratio %.2f (target %s %.1f: %s)%n", name, ours, floor, ratio,
        better.equals("lower") ? "<=" : ">=", target, (better.equals("lower") ? ratio <= target : ratio >= target) ? "met" : "MISSED");
  }

  public Path agent(String script) throws IOException {
    var agent = file("agent");
    Files.writeString(agent, script);
    if (!agent.toFile().setExecutable(true)) {
      throw new IOException(agent + " cannot be made executable");
    }
    return agent;
  }

  /** One durable record. */
  public void sync(String name) throws IOException {
    try (var file = FileChannel.open(file("sync-" + name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      file.write(ByteBuffer.wrap("a record of about a hundred bytes, as the journal writes them: id, state, time and so on\n".getBytes()));
      file.force(true);
    }
  }

  public String awaitCodebase(Path folder) throws Exception {
    await("the codebase", () -> client.codebases().stream().anyMatch(c -> folder.toString().equals(c.path()))
        && Files.readString(file("worker.log")).contains("stream open"));
    return client.codebases().stream().filter(c -> folder.toString().equals(c.path())).findFirst().orElseThrow().id();
  }

  public List<String> command(String... arguments) {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "worker"));
    command.addAll(List.of(arguments));
    return command;
  }

  private Process start(String name, String... arguments) throws IOException {
    var log = file(name + ".log");
    Files.deleteIfExists(log);
    var builder = new ProcessBuilder(command(arguments)).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("HOME", home.toString());
    builder.environment().keySet().removeIf(key -> key.startsWith("A2A_") || key.startsWith("XDG_"));
    return builder.start();
  }

  public void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private static String awaitLine(Process process, Path log, String part) throws Exception {
    await("'" + part + "' in " + log, () -> Files.exists(log) && Files.readString(log).contains(part) || !process.isAlive());
    return Files.readAllLines(log).stream().filter(line -> line.contains(part)).findFirst().orElseThrow();
  }

  public static void await(String what, Callable<Boolean> condition) throws Exception {
    var until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("waited too long for " + what);
      }
      Thread.sleep(LOOK);
    }
  }

  public static long micros() {
    var now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }

  public static double median(List<Double> values) {
    var sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  public static String iso(String time) {
    return time.matches(".*(Z|[+-]\\d\\d:\\d\\d)$") ? time.replaceFirst("\\+00:00$", "Z") : time + "Z";
  }

  /** Ends the server. The files stay: on a disk that discards what is deleted, deleting them would slow down the next run. */
  @Override
  public void close() throws InterruptedException {
    stop(server);
    System.err.println("its files are in " + home);
  }
}
