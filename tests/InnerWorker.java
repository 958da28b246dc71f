package tests;

import module java.base;
import lib.agent.CredentialFiles;
import lib.cli.Command;
import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import lib.config.ReloadableSettings;
import lib.config.Setting.Use;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.control.ControlServer;
import lib.core.Clock;
import lib.core.Problem;
import lib.journal.Journal;
import lib.redaction.Redaction;
import lib.redaction.Secrets;
import lib.store.DatabaseException;
import lib.store.LockFile;
import lib.worker.Daemon;
import lib.worker.Worker;
import lib.worker.context.EventBus;
import lib.worker.context.ServerLink;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerIdentity;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The worker of {@code run} within this JVM, without a log and signal handlers for the whole process. */
@CommandLine.Command(name = "run")
final class InnerWorker extends Command {
  /** A wait between two tries is a random part of the longest one: here it is a twentieth of that at most. */
  private static final RandomGenerator IMPATIENT = new RandomGenerator() {
    @Override
    public long nextLong() {
      return ThreadLocalRandom.current().nextLong();
    }

    @Override
    public long nextLong(long bound) {
      return ThreadLocalRandom.current().nextLong(bound) / 20;
    }
  };

  /** A clock on which the time passes so many times as fast. The wall clock is the machine's. */
  private record FastClock(int times) implements Clock {
    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public long nanos() {
      return System.nanoTime() * times;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      Thread.sleep(duration.dividedBy(times));
    }

    @Override
    public boolean acquire(Semaphore permits, Duration max) throws InterruptedException {
      return Clock.super.acquire(permits, max.dividedBy(times));
    }
  }

  private volatile Daemon daemon; // null until the worker has started
  private volatile boolean isToLeave;

  InnerWorker() {
    super(Use.CONNECT, Use.OFFER, Use.WORK);
  }

  @Override
  public Integer call() throws IOException, InterruptedException, DatabaseException {
    var settings = settings();
    var secrets = Secrets.of(settings);
    CredentialFiles.addTo(secrets, settings.env());
    var redaction = Redaction.of(secrets.names());
    TestLog.mask(redaction::mask);
    var clock = new FastClock(given(Program.TIMES_FASTER, 1));
    var client = new ApiClient(ServerAddress.of(settings), Duration.ofSeconds(given(Program.CALL_SECONDS, 30)));
    var stateDir = StateDirectory.of(settings);
    try (var lock = LockFile.take(stateDir.resolve("lock"), "a worker", "end it");
        var journal = Journal.open(stateDir.resolve("journal.db"))) {
      var worker = new Worker(new WorkerContext(WorkerIdentity.of(settings), new ReloadableSettings(settings),
          new ServerLink(client), journal, redaction, new EventBus(), clock, IMPATIENT),
          settings.get(SettingsTable.CODEBASES));
      var starting = new Daemon(worker, this::settings, s -> s.get(SettingsTable.CODEBASES));
      try (var control = ControlServer.start(stateDir, starting, io.env(), clock)) {
        worker.start(Integer.MAX_VALUE >> 1);
        daemon = starting;
        if (isToLeave) {
          worker.detach();
        }
        worker.await(Duration.ofDays(1));
      }
      return (worker.isConnected() ? Problem.Exit.DONE : Problem.Exit.INTERRUPTED).code;
    }
  }

  private int given(String variable, int otherwise) {
    return io.env().var(variable) == null ? otherwise : Integer.parseInt(io.env().var(variable));
  }

  /** Does what {@code run} does at this signal. Any thread; one that comes before the worker has started waits for it. */
  void signal(String name) throws InterruptedException {
    while (daemon == null) {
      Thread.sleep(1);
    }
    switch (name) {
      case "INT", "TERM" -> daemon.worker().stop();
      case "HUP" -> reload();
      default -> throw new IllegalArgumentException("a worker within this JVM gets no " + name);
    }
  }

  private void reload() {
    try {
      daemon.reload();
    } catch (Problem e) {
      LoggerFactory.getLogger(InnerWorker.class).error("config not reloaded, the worker keeps its settings: {}", e.line());
    }
  }

  /** Has it leave at once; agents stay. */
  void detach() {
    isToLeave = true; // it may be about to start
    if (daemon != null) {
      daemon.worker().detach();
    }
  }
}
