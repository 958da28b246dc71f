package lib.server.worker;

import module java.base;
import java.sql.SQLException;
import lib.protocol.Task;
import lib.server.db.CodebaseTable;
import lib.server.db.WorkerTable;
import lib.server.rules.Eligibility.Candidate;
import lib.server.rules.Eligibility;
import lib.server.worker.WorkerRegistry.Sign;
import lib.store.Sql;

/**
 * The workers that are there now: registration, open stream and codebases seen together. The open streams are kept by
 * connection, so that the end of an old one cannot drop a newer one of the same worker. Thread-safe.
 */
public final class LiveWorkers {
  /** A worker that gave no sign for so long is gone; the value that other servers use. */
  public static final Duration ALIVE = Duration.ofSeconds(300);

  private final WorkerRegistry workers;
  private final Map<String, WorkerStream> streams = new ConcurrentHashMap<>();

  public LiveWorkers(WorkerRegistry workers) {
    this.workers = workers;
  }

  /** From now on this is the worker's stream; an older one ends. */
  public void connect(WorkerStream stream) {
    workers.setAgentName(stream.workerId(), stream.agentName());
    var old = streams.put(stream.workerId(), stream);
    if (old != null) {
      old.close();
    }
  }

  public void disconnect(WorkerStream stream) {
    streams.remove(stream.workerId(), stream);
  }

  public Collection<WorkerStream> streams() {
    return streams.values();
  }

  public Optional<WorkerStream> stream(String worker) {
    return Optional.ofNullable(streams.get(worker));
  }

  /** An open stream is a sign of life only of those that never registered: a connection can stay when its client is gone. */
  public boolean isAlive(String worker) {
    return workers.sign(worker).map(sign -> workers.silence(sign).compareTo(ALIVE) < 0).orElseGet(() -> streams.containsKey(worker));
  }

  /** Those that have an open stream or are registered, and are alive. */
  private Stream<String> alive() {
    return Stream.concat(streams.keySet().stream(), workers.ids().stream()).filter(this::isAlive);
  }

  /** Ends the streams of workers that are gone. */
  public void closeDead() {
    streams.values().stream().filter(stream -> !isAlive(stream.workerId())).forEach(WorkerStream::close);
  }

  /** Whether it registered or has a stream. */
  public boolean knows(String worker) {
    return streams.containsKey(worker) || workers.sign(worker).isPresent();
  }

  public boolean anyAlive() {
    return alive().findAny().isPresent();
  }

  /** What is known of the worker; a worker that nobody knows has nothing. */
  public Candidate candidate(Sql sql, String worker) throws SQLException {
    var registered = WorkerTable.offer(sql, worker);
    var stream = stream(worker);
    var capabilities = new HashSet<>(stream.map(WorkerStream::capabilities).orElse(Set.of()));
    var ids = new HashSet<>(stream.map(WorkerStream::codebases).orElse(Set.of()));
    registered.ifPresent(offer -> {
      capabilities.addAll(offer.capabilities());
      ids.addAll(offer.codebases());
    });
    var agent = stream.map(WorkerStream::agentName).or(() -> workers.sign(worker).map(Sign::agentName))
        .or(() -> registered.map(WorkerTable.Offer::name));
    return new Candidate(worker, agent.orElse(null), capabilities, ids);
  }

  public boolean isOffered(Sql sql, Task task, Candidate worker) throws SQLException {
    var owner = CodebaseTable.owner(sql, task.codebase()).orElse(null);
    return Eligibility.isOffered(task, worker, owner, living(owner));
  }

  /** The codebases whose tasks the worker is offered. */
  public Set<String> openCodebases(Sql sql, Candidate worker) throws SQLException {
    var open = new HashSet<>(CodebaseTable.of(sql, worker.workerId()));
    for (var id : worker.codebases()) {
      var owner = living(CodebaseTable.owner(sql, id).orElse(null));
      if (owner == null || owner.equals(worker.workerId())) {
        open.add(id);
      }
    }
    open.addAll(List.of(Task.GLOBAL, Task.PENDING));
    return open;
  }

  /** Why the worker may not take the task, or empty; the codebase of a worker that is gone is anybody's. */
  public Optional<String> refusal(Sql sql, Task task, Candidate worker) throws SQLException {
    return Eligibility.refusal(task, worker, living(CodebaseTable.owner(sql, task.codebase()).orElse(null)));
  }

  private String living(String owner) {
    return owner != null && isAlive(owner) ? owner : null;
  }

  /** Whether there are living workers and none of them may take the task. */
  public boolean nobodyFor(Sql sql, Task task) throws SQLException {
    var alive = alive().toList();
    for (var worker : alive) {
      if (refusal(sql, task, candidate(sql, worker)).isEmpty()) {
        return false;
      }
    }
    return !alive.isEmpty();
  }
}
