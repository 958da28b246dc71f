///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
//SOURCES ../worker.java
package scripts;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.config.Env;
import lib.config.Json;
import lib.config.Setting;
import lib.store.Durable;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Registration;
import lib.wire.Report;
import lib.wire.Server;
import lib.wire.Task;
import lib.wire.TaskStatus;

/**
 * Measures the worker against what the machine allows: {@code ./jbang scripts/bench.java [part …]}. Each figure stands beside its
 * floor, measured in the same run by a bare client that makes the same calls and syncs, so the ratios hold on any machine.
 */
public final class bench {
  private static final List<String> PARTS = List.of("starts", "output", "noops", "idle", "commands");
  private static final int STARTS = 51; // odd, so that the median is a measured value
  private static final int WARM_UP = 50; // a daemon is not measured while it is still being compiled
  private static final int LINES = 4_000_000;
  private static final int FLOODS = 4; // and the median of an odd number is a measured value
  private static final int NOOPS = 3_000;
  private static final int NOOP_WARM_UP = 1_000;
  private static final int SLOTS = 16;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Path home;
  private final PrintStream out;
  private Client client;
  private Process server;
  private String url;

  private bench(Path home, PrintStream out) {
    this.home = home;
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    var home = Files.createTempDirectory("a2a-bench");
    var bench = new bench(home, System.out);
    try {
      bench.run(args.length == 0 ? PARTS : List.of(args));
    } finally {
      bench.stop(bench.server);
    }
    System.exit(0);
  }

  private void run(List<String> parts) throws Exception {
    out.printf("machine: %d cores, Java %s, %s%n", Runtime.getRuntime().availableProcessors(), System.getProperty("java.version"),
        Files.exists(Path.of("/proc/cpuinfo")) ? Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name"))
            .findFirst().map(l -> l.replaceFirst(".*: ", "")).orElse("") : "");
    server = start("server", "serve", "--port", "0", "--data", home.resolve("data").toString());
    url = awaitLine(server, home.resolve("server.log"), "http://").replaceFirst(".*(http://\\S+).*", "$1");
    client = new Client(new Server(java.net.URI.create(url), null, null, Env.system()));
    for (var part : parts) {
      switch (part) {
        case "starts" -> starts();
        case "output" -> output();
        case "noops" -> noops();
        case "idle" -> idle();
        case "commands" -> commands();
        default -> throw new IllegalArgumentException(part + " is none of " + PARTS);
      }
    }
  }

  // --- from a task's creation to its agent's start

  private void starts() throws Exception {
    var folder = Files.createDirectories(home.resolve("code"));
    var agent = agent("#!/bin/sh\ndate +%s%N >" + home.resolve("stamp.tmp") + "\nmv " + home.resolve("stamp.tmp") + " "
        + home.resolve("stamp") + "\necho done\n");
    var worker = start("worker", "run", "--server", url, "-n", "bench", "-b", "code:" + folder, "--agent-bin", agent.toString(),
        "--state-dir", home.resolve("state").toString());
    var codebase = awaitCodebase(folder);
    var ours = new ArrayList<Double>();
    var floor = new ArrayList<Double>();
    try (var bare = new Bare(folder.resolve("bare"))) {
      for (var i = -WARM_UP; i < STARTS; i++) { // in turn, so that both see the same machine
        var times = List.of(start(codebase), bare.start(agent));
        if (i >= 0) {
          ours.add(times.getFirst());
          floor.add(times.getLast());
        }
      }
    }
    stop(worker);
    figure("task created -> agent started, ms", median(ours), median(floor), "lower", 1.5);
  }

  private double start(String codebase) throws Exception {
    Files.deleteIfExists(home.resolve("stamp"));
    var begin = micros();
    var task = client.create(new NewTask(codebase, "start", "x", "build", 0, null, null));
    await("the agent's start", () -> Files.exists(home.resolve("stamp")));
    await("the end", () -> client.task(task.id()).status().terminal());
    return (stamp() - begin) / 1000.0;
  }

  /** When the agent started, in microseconds, as it says itself. */
  private long stamp() throws IOException {
    return Long.parseLong(Files.readString(home.resolve("stamp")).strip()) / 1000;
  }

  /** The same with nothing around it: hear of the task, read it, claim it, one sync per durable record, start the same agent. */
  private final class Bare implements AutoCloseable {
    private static final String ID = "bare";
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final String codebase;
    private final Thread reader;

    Bare(Path folder) throws Exception {
      client.register(new Registration(ID, ID, List.of("build"), "bench", List.of(), null));
      codebase = client.registerCodebase("bare", folder.toString(), "", ID).id();
      var open = new CountDownLatch(1);
      reader = Thread.ofVirtual().start(() -> {
        try (var stream = client.tasks(ID, ID, List.of(codebase), List.of("build"), 1, null, Duration.ofMinutes(1))) {
          for (var event = stream.next(); event != null; event = stream.next()) {
            open.countDown();
            if (event.name().equals("task_available")) {
              heard.add(Json.text(Json.readObject(event.data()).orElseThrow(), "id"));
            }
          }
        } catch (CallFailed | InterruptedException e) {
          Thread.currentThread().interrupt(); // closed; had it broken, the next start would be waited for in vain
        }
      });
      open.await(10, TimeUnit.SECONDS);
    }

    double start(Path agent) throws Exception {
      Files.deleteIfExists(home.resolve("stamp"));
      var begin = micros();
      client.create(new NewTask(codebase, "start", "x", "build", 0, null, null));
      var task = Objects.requireNonNull(heard.poll(10, TimeUnit.SECONDS), "the bare client's stream broke");
      client.task(task);
      sync("intent");
      var won = (Claim.Won) client.claim(task, ID);
      sync("claim");
      sync("prompt");
      sync("task");
      new ProcessBuilder("setsid", "sh", agent.toString()).redirectErrorStream(true).start().waitFor();
      var report = new Report(task, ID, TaskStatus.COMPLETED, null, "x", null, won.attempt());
      client.status(report);
      client.release(report);
      return (stamp() - begin) / 1000.0;
    }

    @Override
    public void close() throws Exception {
      reader.interrupt();
      reader.join();
      client.unregister(ID);
    }
  }

  // --- lines per second of one task's output

  private void output() throws Exception {
    var folder = Files.createDirectories(home.resolve("code"));
    var agent = agent("#!/bin/sh\ncat >/dev/null\nseq -f 'line %.0f of a flood of output' " + LINES + "\n");
    var worker = start("worker", "run", "--server", url, "-n", "bench", "-b", "code:" + folder, "--agent-bin", agent.toString(),
        "--state-dir", home.resolve("state").toString());
    var codebase = awaitCodebase(folder);
    var ours = new ArrayList<Double>();
    var floor = new ArrayList<Double>();
    for (var i = 0; i < FLOODS; i++) {
      var task = client.create(new NewTask(codebase, "flood", "x", "build", 0, null, null));
      await("the end", () -> client.task(task.id()).status().terminal());
      var row = client.task(task.id()).raw();
      var took = Duration.between(Instant.parse(iso(row.path("started_at").asText())), Instant.parse(iso(row.path("completed_at").asText())));
      ours.add(LINES / (took.toNanos() / 1e9));
      floor.add(LINES / bareOutput(chunks(task.id())));
    }
    stop(worker);
    // the first was a warm-up: a daemon is not measured while it is still being compiled
    figure("lines of one task's output per second", median(ours.subList(1, FLOODS)), median(floor.subList(1, FLOODS)), "higher", 0.7);
  }

  private List<String> chunks(String task) throws Exception {
    var chunks = new ArrayList<String>();
    for (var page = client.output(task, 0); !page.chunks().isEmpty(); page = client.output(task, chunks.size())) {
      chunks.addAll(page.chunks());
    }
    return chunks;
  }

  /** Seconds that it takes to send the same chunks one after the other. */
  private double bareOutput(List<String> chunks) throws Exception {
    client.register(new Registration("bare2", "bare2", List.of(), "bench", List.of(), null));
    var codebase = client.registerCodebase("bare2", home.resolve("bare2").toString(), "", "bare2").id(); // so that no worker takes it
    var bare = client.create(new NewTask(codebase, "bare", "x", "build", 0, null, null));
    var won = (Claim.Won) client.claim(bare.id(), "bare2");
    var begin = System.nanoTime();
    for (var i = 0; i < chunks.size(); i++) {
      client.output(bare.id(), "bare2", chunks.get(i), Instant.now(), won.attempt(), i + 1);
    }
    var took = (System.nanoTime() - begin) / 1e9;
    var report = new Report(bare.id(), "bare2", TaskStatus.COMPLETED, null, "x", null, won.attempt());
    client.status(report);
    client.release(report);
    client.unregister("bare2");
    return took;
  }

  // --- tasks that need no agent, as many at once as there are slots

  private void noops() throws Exception {
    var ids = createNoops();
    var worker = start("worker", "run", "--server", url, "-n", "bench", "--max-concurrent-tasks", Integer.toString(SLOTS),
        "--state-dir", home.resolve("state").toString());
    await("the last noop", () -> client.task(ids.getLast()).status().terminal() && client.tasks(new Client.Query(TaskStatus.PENDING, null,
        null, null)).isEmpty() && client.tasks(new Client.Query(TaskStatus.RUNNING, null, null, null)).isEmpty());
    var ended = new ArrayList<Instant>();
    for (var id : ids) {
      ended.add(Instant.parse(iso(client.task(id).raw().path("completed_at").asText())));
    }
    ended.sort(Comparator.naturalOrder());
    stop(worker);
    figure("noop tasks per second, " + SLOTS + " slots", rate(ended.get(NOOP_WARM_UP), ended.getLast()), bareNoops(), "higher", 0.7);
  }

  /** Of the tasks after the warm-up. */
  private static double rate(Instant first, Instant last) {
    return (NOOPS - NOOP_WARM_UP) / (Duration.between(first, last).toNanos() / 1e9);
  }

  private List<String> createNoops() throws Exception {
    try (var pool = Executors.newFixedThreadPool(8)) {
      var created = new ArrayList<java.util.concurrent.Future<String>>();
      for (var i = 0; i < NOOPS; i++) {
        created.add(pool.submit(() -> client.create(new NewTask(null, "noop", "x", "noop", 0, null, null)).id()));
      }
      var ids = new ArrayList<String>();
      for (var id : created) {
        ids.add(id.get());
      }
      return ids;
    }
  }

  /** What the same calls and syncs cost: each slot a thread that makes them one after the other. */
  private double bareNoops() throws Exception {
    var ids = new ConcurrentLinkedQueue<>(createNoops());
    client.register(new Registration("bare3", "bare3", List.of(), "bench", List.of(), null));
    var ended = new ConcurrentLinkedQueue<Instant>();
    try (var pool = Executors.newFixedThreadPool(SLOTS)) {
      for (var slot = 0; slot < SLOTS; slot++) {
        var name = "slot" + slot;
        pool.submit(() -> {
          for (var id = ids.poll(); id != null; id = ids.poll()) {
            sync(name);
            var won = (Claim.Won) client.claim(id, "bare3");
            sync(name);
            sync(name);
            var report = new Report(id, "bare3", TaskStatus.COMPLETED, null, "ok", null, won.attempt());
            client.status(report);
            client.release(report);
            ended.add(Instant.now());
          }
          return null;
        });
      }
    }
    client.unregister("bare3");
    var all = ended.stream().sorted().toList();
    return rate(all.get(NOOP_WARM_UP), all.getLast());
  }

  // --- at rest

  private void idle() throws Exception {
    var worker = start("worker", "run", "--server", url, "-n", "bench", "--state-dir", home.resolve("state").toString());
    await("the worker", () -> Files.readString(home.resolve("worker.log")).contains("stream open"));
    Thread.sleep(Duration.ofSeconds(10)); // the figure is of rest, so there must be some
    out.printf(Locale.ROOT, "idle RSS, MB: worker %.0f, server %.0f%n", rss(worker), rss(server));
    stop(worker);
  }

  private static double rss(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream().filter(l -> l.startsWith("VmRSS"))
        .mapToDouble(l -> Double.parseDouble(l.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
  }

  private void commands() throws Exception {
    for (var arguments : List.of(List.of("--version"), List.of("--help"), List.of("config", "show"), List.of("tasks", "list", "--server", url),
        List.of("serve", "--port", "0", "--data", home.resolve("data2").toString()))) {
      var times = new ArrayList<Double>();
      for (var i = 0; i < 5; i++) {
        var command = command(arguments.toArray(String[]::new));
        var begin = System.nanoTime();
        var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getInputStream().read();
        times.add((System.nanoTime() - begin) / 1e6);
        stop(process);
      }
      out.printf(Locale.ROOT, "first byte of '%s', ms: %.0f%n", String.join(" ", arguments.subList(0, Math.min(2, arguments.size()))), median(times));
    }
  }

  // --- underneath

  private void figure(String name, double ours, double floor, String better, double target) {
    var ratio = ours / floor;
    out.printf(Locale.ROOT, "%s: %.1f, floor %.1f, ratio %.2f (target %s %.1f: %s)%n", name, ours, floor, ratio, better.equals("lower") ? "<=" : ">=",
        target, (better.equals("lower") ? ratio <= target : ratio >= target) ? "met" : "MISSED");
  }

  private Path agent(String script) throws IOException {
    var agent = home.resolve("agent");
    Files.writeString(agent, script);
    if (!agent.toFile().setExecutable(true)) {
      throw new IOException(agent + " cannot be made executable");
    }
    return agent;
  }

  private void sync(String name) throws IOException {
    try (var file = FileChannel.open(home.resolve("sync-" + name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      file.write(ByteBuffer.wrap("a record of about a hundred bytes, as the journal writes them: id, state, time and so on\n".getBytes()));
      file.force(true);
    }
  }

  private String awaitCodebase(Path folder) throws Exception {
    await("the codebase", () -> client.codebases().stream().anyMatch(c -> folder.toString().equals(c.path()))
        && Files.readString(home.resolve("worker.log")).contains("stream open"));
    return client.codebases().stream().filter(c -> folder.toString().equals(c.path())).findFirst().orElseThrow().id();
  }

  private List<String> command(String... arguments) {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "worker"));
    command.addAll(List.of(arguments));
    return command;
  }

  private Process start(String name, String... arguments) throws IOException {
    var log = home.resolve(name + ".log");
    Files.deleteIfExists(log);
    var builder = new ProcessBuilder(command(arguments)).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("HOME", home.toString());
    builder.environment().keySet().removeIf(key -> key.startsWith("A2A_") || key.startsWith("XDG_"));
    return builder.start();
  }

  private void stop(Process process) throws InterruptedException {
    if (process != null) {
      process.destroy();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private static String awaitLine(Process process, Path log, String part) throws Exception {
    await("'" + part + "' in " + log, () -> Files.exists(log) && Files.readString(log).contains(part) || !process.isAlive());
    return Files.readAllLines(log).stream().filter(line -> line.contains(part)).findFirst().orElseThrow();
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    var until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("waited too long for " + what);
      }
      Thread.sleep(5);
    }
  }

  private static long micros() {
    var now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }

  private static double median(List<Double> values) {
    var sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private static String iso(String time) {
    return time.matches(".*(Z|[+-]\\d\\d:\\d\\d)$") ? time.replaceFirst("\\+00:00$", "Z") : time + "Z";
  }
}
