package tests.program;

import module java.base;
import lib.client.ApiClient;
import lib.protocol.NewTask;
import tests.Program;
import tests.fake.FaultProxy;
import tests.fake.Step;
import tests.program.Schedule.Fault;
import tests.program.Schedule.Harm;

/**
 * Runs many tasks through a server and some workers, all of them processes, each worker behind a proxy, while a {@link Schedule}
 * kills and cuts. Afterwards the faults stop, and the conditions of {@link Settled} must hold. Ends by itself.
 */
public final class Chaos implements AutoCloseable {
  private static final int AHEAD = 6; // tasks that wait or run per worker: some for each slot, the rest so that no slot is idle
  private static final int SLOTS = 3;
  private static final int FOLDERS = 3; // per worker; with two more that all workers share, they compete for directories
  private static final Duration OVERDUE = Duration.ofSeconds(20); // the schedule skips a step that does not come by then
  /** After so long without a byte a worker reconnects its stream; one that lived for less than 10 s counts as failed. */
  private static final Duration SILENCE = Duration.ofSeconds(10);
  private static final Duration NAP = SILENCE.plusSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(20); // between two checks
  private static final Duration SETTLING = Duration.ofSeconds(150); // a call left hanging takes 30 s, retries up to 60 s more

  /**
   * What to do.
   *
   * @param most how long to place faults and create tasks
   * @param tasks how many to create at most; the run ends when these are done
   */
  public record Plan(long seed, Duration most, int tasks, int workers, boolean patient) {}

  private final Plan plan;
  private final Site site;
  private final PrintStream out;
  private final long begun = System.nanoTime();
  private final List<Hand> hands = new ArrayList<>();
  private final Map<Harm, AtomicInteger> harms = new EnumMap<>(Harm.class);
  private final ReentrantLock serving = new ReentrantLock(); // held while a task is created and while the server is away
  private final CountDownLatch calm = new CountDownLatch(1);
  private final ApiClient client;
  private final Settled settled;
  private Program server;
  private int made;

  /** @param home an empty folder for all files of the run */
  public Chaos(Plan plan, Path home, PrintStream out) throws Exception {
    this.plan = plan;
    this.site = new Site(home);
    this.out = out;
    this.server = site.serve();
    this.client = site.client();
    this.settled = new Settled(site.home(), client);
    for (var harm : Harm.values()) {
      harms.put(harm, new AtomicInteger());
    }
  }

  /** Does the whole run and returns the broken conditions, for people. */
  public List<String> run() throws Exception {
    out.println("chaos: seed " + plan.seed + ", " + plan.tasks + " tasks at most, " + plan.workers + " workers, "
        + plan.most.toSeconds() + " s of faults at most");
    for (var i = 1; i <= plan.workers; i++) {
      var hand = new Hand(i);
      hands.add(hand);
      hand.awaitRegistration(); // of two workers that register a folder at one instant, the later one takes it over
    }
    hands.forEach(hand -> hand.thread.start());
    feed();
    calm.countDown();
    var wrong = new ArrayList<String>();
    for (var hand : hands) {
      hand.calm(wrong);
    }
    serving.lock(); // a last kill of the server may still be under way
    serving.unlock();
    out.println(at() + "no more faults; " + made + " tasks are made");
    wrong.addAll(settled.wrongs(SETTLING));
    wrong.forEach(line -> out.println("WRONG: " + line));
    out.println("seed " + plan.seed + ": " + made + " tasks, " + (System.nanoTime() - begun) / 1_000_000_000 + " s; "
        + harms.entrySet().stream().map(harm -> harm.getValue() + " × " + harm.getKey()).collect(Collectors.joining(", ")));
    return wrong;
  }

  /** The number of tasks created. */
  public int made() {
    return made;
  }

  /** Creates tasks as others end, until there are enough or the time is over. */
  private void feed() throws Exception {
    var random = new Random(plan.seed);
    while (System.nanoTime() - begun < plan.most.toNanos()) {
      var open = 0L;
      for (var hand : hands) {
        open += hand.open();
        if (made < plan.tasks && hand.open() < AHEAD) {
          hand.give("t" + ++made, random);
          open++;
        }
      }
      if (made == plan.tasks && open == 0) {
        break;
      }
      Thread.sleep(LOOK);
    }
  }

  private String at() {
    return String.format(Locale.ROOT, "%6.1f s  ", (System.nanoTime() - begun) / 1e9);
  }

  /** Kills every process at once, for an interrupted run. Any thread. */
  public void abandon() {
    site.kill();
  }

  /** Ends the faults, then the programs. */
  @Override
  public void close() throws Exception {
    calm.countDown();
    for (var hand : hands) {
      hand.thread.join();
    }
    site.close();
    for (var hand : hands) {
      hand.proxy.close();
    }
  }

  /** One worker with its proxy, its folders and its faults. */
  private final class Hand implements Runnable {
    private final int number;
    private final FaultProxy proxy;
    private final Schedule schedule;
    private final List<Path> folders = new ArrayList<>();
    private final Map<Path, String> ids = new HashMap<>();
    private final List<String> given = new ArrayList<>(); // names of tasks without a known end; only the feeder's thread uses it
    private final List<Path> tasks = new CopyOnWriteArrayList<>(); // their folders in the worker's state
    private final List<Kept> journal = new ArrayList<>(); // as it was when one was last put in its place
    private final Thread thread;
    private volatile Exception failure;
    private volatile boolean killed;
    private volatile Program worker;

    Hand(int number) throws Exception {
      this.number = number;
      this.proxy = new FaultProxy(site.url());
      this.schedule = new Schedule(plan.seed, number, plan.patient);
      for (var i = 1; i <= FOLDERS; i++) {
        folders.add(site.folder("w" + number + "-" + i));
      }
      folders.add(site.folder("common-1"));
      folders.add(site.folder("common-2"));
      this.thread = Thread.ofPlatform().name("faults of worker " + number).unstarted(this);
      work();
    }

    /** Waits until its folders are registered. */
    void awaitRegistration() throws Exception {
      worker.awaitErr("stream open");
      var id = Files.readString(state().resolve("worker-id")).strip();
      for (var folder : folders) {
        Program.await("the registration of " + folder, () -> find(folder, id) != null);
        ids.put(folder, find(folder, id));
      }
    }

    private String find(Path folder, String worker) throws Exception {
      return client.codebases().stream().filter(c -> folder.toString().equals(c.path()) && worker.equals(c.workerId()))
          .map(c -> c.id()).findFirst().orElse(null);
    }

    private Path state() {
      return site.home().resolve(".local/state/a2a-worker/w" + number);
    }

    private void work() throws IOException {
      var arguments = new ArrayList<>(List.of("--max-concurrent-tasks", Integer.toString(SLOTS), "--sse-heartbeat-timeout",
          Long.toString(SILENCE.toSeconds())));
      for (var folder : folders) {
        arguments.addAll(List.of("-b", folder.getFileName() + ":" + folder));
      }
      worker = site.process(site.arguments(proxy.url(), "w" + number, arguments.toArray(String[]::new)));
    }

    /** The number of its tasks without an end in their agents' ledger. */
    int open() throws IOException {
      for (var folder : folders) {
        for (var line : Settled.ledger(folder)) {
          if (line.startsWith("end ")) {
            given.remove(line.substring(4));
          }
        }
      }
      given.removeIf(settled::isHit);
      return given.size();
    }

    /** Creates a task for it. */
    void give(String name, Random random) throws Exception {
      var folder = folders.get(random.nextInt(folders.size()));
      var lines = 1 + random.nextInt(200); // from one chunk to several
      var gate = random.nextInt(3) == 0 ? "0.5" : ""; // some last long enough for a cut in the middle
      serving.lock();
      try {
        var id = client.create(new NewTask(ids.get(folder), name, Settled.prompt(name, lines, gate), "build", 0, null, null)).id();
        settled.expect(id, name, lines, folder);
        tasks.add(state().resolve("tasks").resolve(id));
        given.add(name);
      } finally {
        serving.unlock();
      }
    }

    /** Places the faults one after the other. A killed worker starts again when the next fault is in place. */
    @Override
    public void run() {
      try {
        for (var fault = schedule.next(); !over(Duration.ZERO); fault = schedule.next()) {
          if (!meet(fault)) {
            proxy.heal();
          } else if (fault.harm() == Harm.SLEEP) {
            over(NAP);
            worker.signal("CONT");
          }
        }
        start();
      } catch (Exception e) {
        failure = e;
      }
    }

    /** Waits until a fault has happened; false when it is overdue or the run ends. */
    private boolean meet(Fault fault) throws Exception {
      var happened = new CountDownLatch(1);
      var before = seen(fault.step());
      if (!fault.step().agents()) {
        proxy.at(fault.step(), fault.nth(), () -> {
          harm(fault);
          happened.countDown();
          return fault.cut();
        });
      }
      start();
      for (var until = System.nanoTime() + OVERDUE.toNanos(); System.nanoTime() < until; ) {
        if (over(LOOK) && happened.getCount() > 0) {
          return false;
        }
        if (happened.getCount() == 0) {
          return true;
        }
        if (fault.step().agents() && seen(fault.step()) >= before + fault.nth()) {
          harm(fault);
          return true;
        }
        if (!killed && !worker.alive()) {
          throw new IllegalStateException("it ended by itself with exit code " + worker.exit());
        }
      }
      return false;
    }

    /** Starts the worker when it was killed. */
    private void start() throws IOException {
      if (killed) {
        killed = false;
        work();
      }
    }

    private void harm(Fault fault) throws Exception {
      out.println(at() + "worker " + number + ": " + fault);
      harms.get(fault.harm()).incrementAndGet();
      switch (fault.harm()) {
        case KILL_WORKER -> kill();
        case KILL_GROUP -> killGroup();
        case LOSE_JOURNAL -> {
          kill();
          replaceJournal(List.of());
        }
        case OLD_JOURNAL -> {
          kill();
          var old = List.copyOf(journal);
          keepJournal();
          if (!old.isEmpty()) {
            replaceJournal(old);
          }
        }
        case KILL_SERVER -> {
          serving.lock();
          try {
            server.signal("KILL");
            server.exit();
            server = site.serve();
          } finally {
            serving.unlock();
          }
        }
        case SLEEP -> worker.signal("STOP");
        case CUT -> { }
      }
    }

    private void kill() throws Exception {
      killed = true;
      worker.signal("KILL");
      worker.exit();
    }

    /** It is stopped first, so that it starts nobody while its processes are looked for. */
    private void killGroup() throws Exception {
      killed = true;
      worker.signal("STOP");
      var pids = Settled.marked(state()).map(ProcessHandle::pid).map(String::valueOf).collect(Collectors.toCollection(ArrayList::new));
      pids.add(Long.toString(worker.pid()));
      new ProcessBuilder(Stream.concat(Stream.of("kill", "-KILL"), pids.stream()).toList()).start().waitFor();
      worker.exit();
      Program.await("the end of its processes", () -> Settled.marked(state()).findAny().isEmpty());
      for (var task : tasks) {
        settled.killed(task);
      }
    }

    /** The files of the journal, each with what it holds. */
    private record Kept(Path file, byte[] bytes) {}

    private void keepJournal() throws IOException {
      journal.clear();
      for (var name : List.of("journal.db", "journal.db-wal")) {
        if (Files.exists(state().resolve(name))) {
          journal.add(new Kept(state().resolve(name), Files.readAllBytes(state().resolve(name))));
        }
      }
    }

    private void replaceJournal(List<Kept> files) throws IOException {
      for (var task : tasks) {
        settled.forgotten(task);
      }
      for (var name : List.of("journal.db", "journal.db-wal", "journal.db-shm")) {
        Files.deleteIfExists(state().resolve(name));
      }
      for (var kept : files) {
        Files.write(kept.file, kept.bytes);
      }
    }

    /** How often one of the agents' own steps has happened. */
    private int seen(Step step) throws IOException {
      var seen = 0;
      if (step == Step.AGENT_STARTED) {
        for (var folder : folders) {
          seen += (int) Settled.ledger(folder).stream().filter(line -> line.startsWith("start ")).count();
        }
      } else if (step.agents()) {
        var file = step == Step.AGENT_READY ? "1/pid" : "1/exit";
        seen = (int) tasks.stream().filter(task -> Files.exists(task.resolve(file))).count();
      }
      return seen;
    }

    /** Waits for a while; true when no more faults are wanted. */
    private boolean over(Duration most) throws InterruptedException {
      return calm.await(most.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Waits until its last fault is over, then passes everything. */
    void calm(List<String> wrong) throws InterruptedException {
      thread.join();
      proxy.heal();
      if (failure != null) {
        wrong.add("worker " + number + ": " + failure.getMessage());
      } else if (!worker.alive()) {
        wrong.add("worker " + number + " ended by itself");
      }
    }
  }
}
