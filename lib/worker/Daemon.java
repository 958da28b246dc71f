package lib.worker;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import lib.config.Codebase;
import lib.config.LiveSettings;
import lib.config.Settings;
import lib.core.Clock;
import lib.core.Problem;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.Handshake;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process, on its way from asking the server who it is to being its worker. It can be told to stop at any moment of it.
 * Thread-safe.
 */
public final class Daemon implements Served {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
  /** A server that is there answers within that; the agents of an earlier start shall not be without a watch for longer. */
  private static final Duration FIRST_TRY = Duration.ofSeconds(1);
  private static final Duration SHORT_LOOK = Duration.ofMillis(5); // every start waits for this
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(5); // however short the patience, a healthy server is heard out

  private final Client client;
  private final Supplier<Settings> settings;
  private final Function<Settings, List<Codebase>> offered;
  private final Clock time;
  private final RandomGenerator random;
  private final Handshake greeting;
  private final FutureTask<Client.Info> greeted;
  private final Object reloading = new Object(); // what was read later acts later; a stop waits for none
  private volatile Worker worker; // null before the server has answered
  private volatile boolean stopped;

  /**
   * A process that has asked nothing.
   *
   * @param settings reads them anew, for a reload
   * @param offered the folders to work in by these settings
   */
  public Daemon(Client client, Supplier<Settings> settings, Function<Settings, List<Codebase>> offered, Clock time,
      RandomGenerator random) {
    this.client = client;
    this.settings = settings;
    this.offered = offered;
    this.time = time;
    this.random = random;
    this.greeting = new Handshake(client, time, random);
    this.greeted = new FutureTask<>(greeting::greet);
  }

  /**
   * Waits for the server and becomes its worker. What an earlier process began is gone on with before the server has answered, if
   * this one may wait for ever.
   *
   * @param patience how long the server may be waited for, 5 s at the least; null for ever
   * @return the worker that may start; empty when it was told to stop before
   * @throws Problem when the server did not answer in time, or is another one than at the last start
   */
  public Optional<Worker> begin(Settings now, WorkerIdentity identity, Journal journal, Redaction redaction, Duration patience)
      throws InterruptedException, StoreFailed {
    Thread.ofVirtual().name("greeting").start(greeted);
    try {
      var known = patience == null && !answered() ? known(journal) : Optional.<Client.Info>empty();
      if (known.isPresent()) {
        become(now, known.get(), identity, journal, redaction);
      }
      var info = patience == null ? greeted.get()
          : greeted.get(Math.max(FIRST_ANSWER.toMillis(), patience.toMillis()), TimeUnit.MILLISECONDS);
      var id = info == null || !info.ours() ? "" : info.serverId();
      if (known.isEmpty()) {
        become(now, info, identity, journal, redaction);
      } else if (!Objects.equals(known.get().serverId(), id.isEmpty() ? null : id)) {
        throw new Problem("the server " + client.server() + " is another one than at the last start", "it has another id",
            "start again: this one's tasks are taken then, and what is owed to the other one is kept").ending(Problem.Exit.TRY_LATER);
      }
      journal.met(client.server().toString(), id);
      return Optional.of(worker);
    } catch (CancellationException e) {
      while (worker != null && !worker.await(LOOK)) {
        continue; // it has agents to end
      }
      return Optional.empty();
    } catch (TimeoutException e) {
      greeted.cancel(true);
      throw unanswered();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private boolean answered() throws InterruptedException {
    for (var end = time.nanos() + FIRST_TRY.toNanos(); !greeted.isDone() && time.nanos() < end; ) {
      time.sleep(SHORT_LOOK);
    }
    return greeted.isDone();
  }

  /** What the server called itself when it last answered, if there is something to go on with that cannot wait for it. */
  private Optional<Client.Info> known(Journal journal) throws StoreFailed {
    if (journal.open().isEmpty()) {
      return Optional.empty();
    }
    var known = journal.met(client.server().toString()).map(id -> new Client.Info("", id.isEmpty() ? null : id));
    known.ifPresent(info -> LOG.warn("the server has not answered yet; what the last start began is gone on with meanwhile"));
    return known;
  }

  /** Why the server is not greeted yet; it is asked once more, for the reason. */
  private Problem unanswered() throws InterruptedException {
    try {
      new Client(client.server(), FIRST_ANSWER).info();
      return new Problem("the server " + client.server() + " did not answer in time", "it does now, after the time of --exit-when-idle",
          "try again, or wait longer").ending(Problem.Exit.TRY_LATER);
    } catch (CallFailed e) {
      return e.problem(client.server().toString());
    }
  }

  private void become(Settings now, Client.Info info, WorkerIdentity identity, Journal journal, Redaction redaction)
      throws StoreFailed, InterruptedException {
    var made = new Worker(now, offered.apply(now), client, info, identity, journal, redaction, time, random);
    made.adopt();
    become(made);
  }

  private synchronized void become(Worker made) {
    worker = made;
    if (stopped) {
      made.stop();
    }
  }

  @Override
  public Optional<Worker> worker() {
    return Optional.ofNullable(worker);
  }

  @Override
  public String trouble() {
    return greeting.trouble();
  }

  /** Whether it was told to stop. */
  public boolean stopped() {
    return stopped;
  }

  @Override
  public synchronized void stop() {
    leave();
    worker().ifPresent(Worker::stop);
  }

  /** Cancels what runs and ends: a person at a terminal does not want to wait. */
  public synchronized void stopNow(String why) {
    leave();
    worker().ifPresent(w -> w.stopNow(why));
  }

  private void leave() {
    stopped = true;
    greeted.cancel(true); // before there is a worker there is nothing else to end
  }

  @Override
  public LiveSettings.Reloaded reload() {
    synchronized (reloading) {
      var fresh = settings.get();
      return worker.reload(fresh, offered.apply(fresh));
    }
  }
}
