package lib.server.worker;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import lib.protocol.Task;
import lib.server.rules.Eligibility.Candidate;
import lib.server.rules.Eligibility;
import lib.server.worker.WorkerRegistry.Worker;

/**
 * The workers that are there now: registration, open stream and codebases seen together. The open streams are kept by
 * connection, so that the end of an old one cannot drop a newer one of the same worker. Thread-safe.
 */
public final class LiveWorkers {
  /** A worker that gave no sign for so long is gone; the value that other servers use. */
  public static final Duration ALIVE = Duration.ofSeconds(300);

  private final WorkerRegistry workers;
  private final CodebaseRegistry codebases;
  private final Map<String, WorkerStream> streams = new ConcurrentHashMap<>();

  public LiveWorkers(WorkerRegistry workers, CodebaseRegistry codebases) {
    this.workers = workers;
    this.codebases = codebases;
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
  public boolean alive(String worker) {
    return workers.find(worker).map(this::recent).orElseGet(() -> streams.containsKey(worker));
  }

  /** Ends the streams of workers that are gone. */
  public void closeDead() {
    streams.values().stream().filter(stream -> !alive(stream.workerId())).forEach(WorkerStream::close);
  }

  /** Whether it registered or has a stream. */
  public boolean knows(String worker) {
    return streams.containsKey(worker) || workers.find(worker).isPresent();
  }

  public boolean recent(Worker worker) {
    return workers.silence(worker).compareTo(ALIVE) < 0;
  }

  public boolean anyAlive() {
    return Stream.concat(streams.keySet().stream(), workers.all().stream().map(Worker::id)).anyMatch(this::alive);
  }

  /** What is known of the worker; a worker that nobody knows has nothing. */
  public Candidate candidate(String worker) {
    var known = workers.find(worker);
    var stream = stream(worker);
    var capabilities = new HashSet<>(stream.map(WorkerStream::capabilities).orElse(Set.of()));
    var ids = new HashSet<>(stream.map(WorkerStream::codebases).orElse(Set.of()));
    known.ifPresent(w -> {
      capabilities.addAll(w.capabilities());
      ids.addAll(w.codebases());
    });
    var agent = stream.map(WorkerStream::agentName).or(() -> known.map(w -> w.agentName() != null ? w.agentName() : w.name()));
    return new Candidate(worker, agent.orElse(null), capabilities, ids);
  }

  public boolean offered(Task task, Candidate worker) {
    var owner = codebases.owner(task.codebase());
    return Eligibility.isOffered(task, worker, owner, living(owner));
  }

  /** The codebases whose tasks the worker is offered. */
  public Set<String> openCodebases(Candidate worker) {
    var ids = new HashSet<>(worker.codebases());
    codebases.of(worker.workerId()).forEach(codebase -> ids.add(codebase.id()));
    ids.removeIf(id -> {
      var owner = living(codebases.owner(id));
      return owner != null && !owner.equals(worker.workerId());
    });
    ids.addAll(List.of(Task.GLOBAL, Task.PENDING));
    return ids;
  }

  /** Why the worker may not take the task, or empty; the codebase of a worker that is gone is anybody's. */
  public Optional<String> refusal(Task task, Candidate worker) {
    return Eligibility.refusal(task, worker, living(codebases.owner(task.codebase())));
  }

  private String living(String owner) {
    return owner != null && alive(owner) ? owner : null;
  }

  /** Whether there are living workers and none of them may take the task. */
  public boolean nobodyFor(Task task) {
    var alive = Stream.concat(streams.keySet().stream(), workers.all().stream().map(Worker::id)).filter(this::alive).toList();
    return !alive.isEmpty() && alive.stream().allMatch(worker -> refusal(task, candidate(worker)).isPresent());
  }
}
