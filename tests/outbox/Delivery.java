package tests.outbox;

import module java.base;
import java.sql.DriverManager;
import lib.agent.output.OutputRecorder;
import lib.agent.process.AttemptDirectory;
import lib.client.ApiClient;
import lib.client.ServerFeatures;
import lib.client.http.ServerAddress;
import lib.core.Environment;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.journal.OutboxEntry;
import lib.outbox.Outbox;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.redaction.Redaction;
import lib.store.DatabaseException;
import org.assertj.core.api.Assertions;
import tests.FakeTime;
import tests.Program;
import tests.fake.FakeServer;
import tests.worker.MadeWorker;

/** One attempt on its way to a fake server: a journal, an outbox and the agent's output, which restarts survive. */
public final class Delivery implements AutoCloseable {
  static final String WORKER = "w1";

  final FakeTime time = new FakeTime();
  final List<String> lost = new CopyOnWriteArrayList<>();
  final String task;
  private final FakeServer server;
  private final Path stateDir;
  private final Path file;
  private Journal journal;
  private Outbox outbox;
  private Attempt attempt;
  private OutputRecorder recorder;

  Delivery(FakeServer server, Path folder) {
    this.server = server;
    this.stateDir = folder;
    this.file = folder.resolve("journal.db");
    this.task = server.addTask(null, "do it");
    start();
  }

  public static ApiClient client(FakeServer server) {
    return new ApiClient(new ServerAddress(server.url(), null, null, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")), Duration.ofSeconds(10));
  }

  /** An outbox for a server that is not ours. */
  public static Outbox outbox(FakeServer server, Journal journal, Path stateDir, FakeTime time, Outbox.Listener lost) {
    return new Outbox(new lib.outbox.Delivery(null, client(server), journal, time, new Random(1), stateDir, 1 << 30, Redaction.NONE), lost);
  }

  /** Collects why attempts are not ours any more. */
  public static Outbox.Listener listener(List<String> lost) {
    return new Outbox.Listener() {
      @Override
      public void superseded(Attempt attempt, String why) {
        lost.add(why);
      }

      @Override
      public void cancelled(Attempt attempt) {
        lost.add("cancelled");
      }

      @Override
      public void settled(Attempt attempt) {}
    };
  }

  private void start() {
    journal = Journal.open(file);
    outbox = outbox(server, journal, stateDir, time, listener(lost));
    outbox.deliver(ServerFeatures.other(server.url()));
  }

  /** Claims the task and begins to deliver. */
  void open() throws Exception {
    client(server).claim(task, WORKER);
    var draft = Attempt.draft(server.url().toString(), WORKER, MadeWorker.task(task), journal.next(task), null, Instant.EPOCH);
    attempt = journal.claimed(journal.insertIntent(draft), 0, 0, TaskReport.running(task, WORKER, null, 0), Instant.EPOCH);
    directory().writeInputs("do it", Json.object(), draft.toJson());
    outbox.open(attempt);
    recorder = new OutputRecorder(directory(), Redaction.NONE, 1 << 30);
  }

  /** The same, and waits until the server knows that it runs. */
  void openAndAwait() throws Exception {
    open();
    Program.await("running", () -> server.status(task).equals("running"));
  }

  AttemptDirectory directory() {
    return AttemptDirectory.of(stateDir, task, 1);
  }

  /** The agent writes, and the worker reads it. */
  void write(String text) throws IOException {
    Files.writeString(directory().file("out"), text, StandardOpenOption.APPEND);
    while (recorder.read(false)) {
      continue;
    }
    outbox.signal(attempt);
  }

  /** The same, and waits until it is all that the server has. */
  void writeAndAwait(String text) throws Exception {
    write(text);
    Program.await(text, () -> server.output(task).equals(text));
  }

  /** The agent writes this and ends well; waits until the server knows. */
  void complete(String text) throws Exception {
    write(text);
    finish(TaskStatus.COMPLETED, "text", null);
    awaitDelivered();
  }

  void session(String id) throws DatabaseException, InterruptedException {
    outbox.sessionFound(attempt, id);
  }

  /** The agent has ended, and this is what to say of it. */
  void finish(TaskStatus status, String result, String error) throws IOException, DatabaseException, InterruptedException {
    finish(new TaskReport(task, WORKER, status, "ses_1", result, error, 0), false);
  }

  /** @param report null when the task is another worker's by now */
  void finish(TaskReport report, boolean again) throws IOException, DatabaseException, InterruptedException {
    recorder.finish("");
    outbox.finish(attempt, Json.object(), report, again);
  }

  /** The agent met a usage limit: failed, and to be queued again. */
  void failAndRequeue() throws IOException, DatabaseException, InterruptedException {
    finish(new TaskReport(task, WORKER, TaskStatus.FAILED, "ses_1", null, "limit", 0), true);
  }

  /** The server has put the task back while it ran, and the worker has claimed it again. */
  void running() throws DatabaseException, InterruptedException {
    outbox.running(attempt, null);
  }

  /** The journal as it is now. */
  byte[] saveJournal() throws Exception {
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = database.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return Files.readAllBytes(file);
  }

  /** The worker ends; the next one finds an older journal, or one that knows of no delivery at all. */
  void restoreJournal(byte[] older, boolean lost) throws Exception {
    outbox.close();
    journal.close();
    Files.write(file, older);
    if (lost) {
      try (var database = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = database.createStatement()) {
        statement.execute("UPDATE attempt SET sent = 0, seq = 0");
      }
    }
    restart();
  }

  /** The worker ends; a loss of power takes the transcript, and what the journal knows of its delivery. */
  void forgetTranscript() throws Exception {
    recorder.close();
    Files.delete(directory().file("transcript"));
    restoreJournal(saveJournal(), true);
    recorder = new OutputRecorder(directory(), Redaction.NONE, 1 << 30);
  }

  /** The worker ends, and another process resumes all that is open. */
  void restart() throws Exception {
    outbox.close();
    journal.close();
    start();
    for (var open : journal.open()) {
      attempt = open;
      outbox.resume(open);
    }
  }

  /** Waits until the server has taken or refused everything. */
  void awaitDelivered() throws Exception {
    Program.await("the end of all deliveries", () -> outbox.depth() == 0);
  }

  List<OutboxEntry> entries() throws DatabaseException {
    return Journal.entries(file);
  }

  Outbox outbox() {
    return outbox;
  }

  Journal journal() {
    return journal;
  }

  /** The server has this output and this status of the task, and the journal has nothing open. */
  void expect(String output, String status) throws DatabaseException {
    Assertions.assertThat(server.output(task)).isEqualTo(output);
    Assertions.assertThat(server.status(task)).isEqualTo(status);
    Assertions.assertThat(settled()).isTrue();
  }

  int pending() {
    return outbox.depth();
  }

  /** Whether the journal has something open. */
  boolean settled() throws DatabaseException {
    return journal.open().isEmpty();
  }

  /** The reports that the server took, in order: route and status. */
  List<String> reported() {
    var reported = new ArrayList<String>();
    for (var request : server.requests()) {
      if (request.path().endsWith("/status") && request.method().equals("PUT") || request.path().endsWith("/release")) {
        reported.add((request.path().endsWith("/release") ? "release " : "status ") + request.json().path("status").asText());
      } else if (request.path().endsWith("/output") && request.method().equals("POST")
          && !"output".equals(reported.isEmpty() ? "" : reported.getLast())) {
        reported.add("output");
      }
    }
    return reported;
  }

  @Override
  public void close() throws Exception {
    outbox.close();
    journal.close();
    if (recorder != null) {
      recorder.close();
    }
  }
}
