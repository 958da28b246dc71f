package lib.server.worker;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import lib.core.Clock;
import lib.core.Json;
import lib.protocol.Task;
import lib.protocol.Timestamps;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.WorkerTable;
import lib.server.rules.Eligibility.Candidate;
import lib.server.rules.Eligibility;
import lib.store.Sql;

/**
 * The workers that are there now: signs of life of the registered ones, and open streams. The streams are kept by connection,
 * so that the end of an old one cannot drop a newer one of the same worker. Thread-safe.
 */
public final class LiveWorkers {
  /** A worker that gave no sign for so long is gone; the value that other servers use. */
  public static final Duration ALIVE = Duration.ofSeconds(300);

  /**
   * A registered worker's last sign of life.
   *
   * @param agentName the role of its last stream or poll, or null; not stored, since each stream and poll names it
   * @param lastSeen for people
   * @param nanos {@link Clock#nanos} of the same moment, for measuring
   * @param holds what it said with its last heartbeat that keeps it from taking tasks; not kept over a restart
   */
  public record Sign(String agentName, String lastSeen, long nanos, JsonNode holds) {}

  private final Clock time;
  private final IncreasingTime stamps;
  private final Map<String, Sign> signs = new ConcurrentHashMap<>();
  private final Map<String, WorkerStream> streams = new ConcurrentHashMap<>();

  /** @param lastSeen when the server before saw each registered worker */
  public LiveWorkers(Clock time, IncreasingTime stamps, Map<String, String> lastSeen) {
    this.time = time;
    this.stamps = stamps;
    lastSeen.forEach((id, seen) -> signs.put(id,
        new Sign(null, seen, time.nanos() - Duration.between(Timestamps.parse(seen), time.now()).toNanos(), Json.MAPPER.createArrayNode())));
  }

  // --- registered workers

  /** Adds a registered worker; false when it is here already. */
  public boolean add(String id, String now) {
    return signs.put(id, new Sign(sign(id).map(Sign::agentName).orElse(null), now, time.nanos(), Json.MAPPER.createArrayNode())) == null;
  }

  /** Forgets a worker that unregisters and ends its stream; false when it was not registered. */
  public boolean remove(String id) {
    stream(id).ifPresent(WorkerStream::close); // else it would count as there until the next failed write
    return signs.remove(id) != null;
  }

  /** A sign of life; false when the worker is not registered. */
  public boolean seen(String id) {
    var now = stamps.next();
    return signs.computeIfPresent(id, (key, s) -> new Sign(s.agentName, now, time.nanos(), s.holds)) != null;
  }

  public void setHolds(String id, JsonNode rules) {
    signs.computeIfPresent(id, (key, s) -> new Sign(s.agentName, s.lastSeen, s.nanos, rules));
  }

  /** The role that a stream or a poll names. */
  public void setAgentName(String id, String agentName) {
    signs.computeIfPresent(id, (key, s) -> new Sign(agentName, s.lastSeen, s.nanos, s.holds));
  }

  /** Empty when the worker is not registered. */
  public Optional<Sign> sign(String id) {
    return Optional.ofNullable(signs.get(id));
  }

  // --- open streams

  /** From now on this is the worker's stream; an older one ends. */
  public void connect(WorkerStream stream) {
    var worker = stream.worker();
    setAgentName(worker.workerId(), worker.agentName());
    Optional.ofNullable(streams.put(worker.workerId(), stream)).ifPresent(WorkerStream::close);
  }

  public void disconnect(WorkerStream stream) {
    streams.remove(stream.worker().workerId(), stream);
  }

  public Collection<WorkerStream> streams() {
    return streams.values();
  }

  public Optional<WorkerStream> stream(String worker) {
    return Optional.ofNullable(streams.get(worker));
  }

  /** Ends the streams of workers that are gone. */
  public void closeDead() {
    streams.forEach((worker, stream) -> {
      if (!isAlive(worker)) {
        stream.close();
      }
    });
  }

  // --- both

  /** An open stream is a sign of life only of those that never registered: a connection can stay when its client is gone. */
  public boolean isAlive(String worker) {
    return sign(worker).map(sign -> time.nanos() - sign.nanos < ALIVE.toNanos()).orElseGet(() -> streams.containsKey(worker));
  }

  /** Those that have an open stream or are registered, and are alive. */
  private Set<String> alive() {
    return Stream.concat(streams.keySet().stream(), signs.keySet().stream()).filter(this::isAlive).collect(Collectors.toSet());
  }

  /** Whether it registered or has a stream. */
  public boolean knows(String worker) {
    return streams.containsKey(worker) || signs.containsKey(worker);
  }

  public boolean anyAlive() {
    return !alive().isEmpty();
  }

  /** What is known of the worker; a worker that nobody knows has nothing. */
  public Candidate candidate(Sql sql, String worker) throws SQLException {
    var known = Stream.of(stream(worker).map(WorkerStream::worker), WorkerTable.candidate(sql, worker)).flatMap(Optional::stream).toList();
    var agent = stream(worker).map(s -> s.worker().agentName()).or(() -> sign(worker).map(Sign::agentName))
        .or(() -> known.stream().findFirst().map(Candidate::agentName));
    return new Candidate(worker, agent.orElse(null), known.stream().flatMap(c -> c.capabilities().stream()).collect(Collectors.toSet()),
        known.stream().flatMap(c -> c.codebases().stream()).collect(Collectors.toSet()));
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
    var alive = alive();
    for (var worker : alive) {
      if (refusal(sql, task, candidate(sql, worker)).isEmpty()) {
        return false;
      }
    }
    return !alive.isEmpty();
  }
}
