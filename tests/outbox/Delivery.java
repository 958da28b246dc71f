package tests.outbox;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import lib.agent.output.OutputPosition;
import lib.agent.output.OutputSource;
import lib.core.Environment;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.journal.OutboxEntry;
import lib.masking.Redaction;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.wire.Client;
import lib.wire.Report;
import lib.wire.Server;
import lib.wire.TaskStatus;
import tests.FakeTime;
import tests.fake.FakeServer;

/** One attempt on its way to a fake server: a journal, an outbox and the agent's output, which restarts survive. */
public final class Delivery implements AutoCloseable {
  static final String WORKER = "w1";

  final FakeTime time = new FakeTime();
  /** Runs once, in the middle of the courier's next look at the output. */
  final AtomicReference<Runnable> atLook = new AtomicReference<>(() -> { });
  /** Runs when a courier has delivered everything and lets go of the output. */
  final AtomicReference<Runnable> atClose = new AtomicReference<>(() -> { });
  final List<String> lost = new CopyOnWriteArrayList<>();
  final String task;
  private final FakeServer server;
  private final Path file;
  private final Pages pages = new Pages();
  private Journal journal;
  private Outbox outbox;
  private Attempt attempt;

  Delivery(FakeServer server, Path folder) {
    this.server = server;
    this.file = folder.resolve("journal.db");
    this.task = server.addTask(null, "do it");
    start();
  }

  public static Client client(FakeServer server) {
    return new Client(new Server(server.url(), null, null, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")), Duration.ofSeconds(10));
  }

  private void start() {
    journal = Journal.open(file);
    outbox = new Outbox(journal, client(server), false, Redaction.NONE, time, new Random(1), (attempt, why) -> lost.add(why));
    outbox.open();
  }

  /** Claims the task and begins to deliver. */
  void open() throws Exception {
    client(server).claim(task, WORKER);
    var draft = Attempt.draft(server.url().toString(), WORKER, task, journal.next(task), "0.0.", null, null, "build", "a task",
        Instant.EPOCH);
    var claimed = journal.claimed(journal.insertIntent(draft), 0, 0, List.of(Report.running(task, WORKER, null, 0)), Instant.EPOCH);
    attempt = claimed.attempt();
    outbox.open(claimed, pages.from(OutputPosition.START));
  }

  /** The agent writes. */
  void write(String text) {
    pages.append(text);
  }

  void session(String id) throws StoreFailed, InterruptedException {
    outbox.session(attempt, id);
  }

  /** The agent has ended, and this is what to say of it. */
  void finish(TaskStatus status, String result, String error) throws StoreFailed, InterruptedException {
    finish(List.of(new Report(task, WORKER, status, "ses_1", result, error, 0)));
  }

  void finish(List<Report> reports) throws StoreFailed, InterruptedException {
    pages.end();
    finish(reports, false);
  }

  private void finish(List<Report> reports, boolean again) throws StoreFailed, InterruptedException {
    outbox.finish(attempt, "{}", reports, again);
  }

  /** The agent met a usage limit: failed, and to be queued again. */
  void failAndRequeue() throws StoreFailed, InterruptedException {
    pages.end();
    finish(List.of(new Report(task, WORKER, TaskStatus.FAILED, "ses_1", null, "limit", 0)), true);
  }

  /** The worker ends, and another process goes on with an attempt that has ended. */
  void restart() throws Exception {
    outbox.close();
    journal.close();
    start();
    attempt = journal.open().getFirst();
    outbox.resume(attempt, pages.from(attempt.sent()));
  }

  /** Waits until the server has taken or refused everything. */
  boolean delivered() throws InterruptedException {
    return outbox.awaitEmpty(Duration.ofSeconds(60));
  }

  List<OutboxEntry> entries() throws StoreFailed {
    return Journal.entries(file);
  }

  Outbox outbox() {
    return outbox;
  }

  Journal journal() {
    return journal;
  }

  /** The worker ends, and another process goes on with whatever is open. */
  void restartAll() throws Exception {
    outbox.close();
    journal.close();
    start();
    for (var open : journal.open()) {
      outbox.resume(open, pages.from(open.sent()));
    }
  }

  int owing() {
    return outbox.depth();
  }

  /** Whether the journal has something open. */
  boolean settled() throws StoreFailed {
    return journal.open().isEmpty();
  }

  /** The reports that the server took, in order: route and status. */
  List<String> told() {
    var told = new ArrayList<String>();
    for (var request : server.requests()) {
      if (request.path().endsWith("/status") && request.method().equals("PUT") || request.path().endsWith("/release")) {
        told.add((request.path().endsWith("/release") ? "release " : "status ") + request.json().path("status").asText());
      } else if (request.path().endsWith("/output") && request.method().equals("POST")
          && !"output".equals(told.isEmpty() ? "" : told.getLast())) {
        told.add("output");
      }
    }
    return told;
  }

  @Override
  public void close() throws Exception {
    outbox.close();
    journal.close();
  }

  /** What the agent wrote so far; the same for every process that reads it. */
  private final class Pages {
    private final StringBuilder text = new StringBuilder();
    private boolean ended;

    synchronized void append(String more) {
      text.append(more);
    }

    synchronized void end() {
      ended = true;
    }

    private synchronized OutputSource.Piece read(int from, int to) {
      var end = Math.min(to, text.length());
      return new OutputSource.Piece(text.substring(from, end), new OutputPosition(end, 0, 0, 0, 0, end, false));
    }

    private synchronized boolean endedAt(int place) {
      return ended && place == text.length();
    }

    OutputSource from(OutputPosition start) {
      return new OutputSource() {
        private int place = (int) start.out();

        @Override
        public Piece next(int most) {
          var piece = read(place, place + most);
          place = (int) piece.end().out();
          return piece;
        }

        @Override
        public Piece until(OutputPosition end) {
          return next((int) end.out() - place);
        }

        @Override
        public boolean ended() {
          atLook.getAndSet(() -> { }).run();
          return endedAt(place);
        }

        @Override
        public void close() {
          atClose.getAndSet(() -> { }).run();
        }
      };
    }
  }
}
