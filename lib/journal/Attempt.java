package lib.journal;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.Task;
import lib.protocol.Timestamps;

/**
 * One try at a task, as the journal has it.
 *
 * @param id the journal's own number
 * @param server our own server's id, else its address: its reports are delivered there and nowhere else
 * @param n our own counter for this task, from 1
 * @param marker which queueing of the task this answers
 * @param codebase the folder worked in; null for tasks that need none
 * @param fence the server's number for the claim; 0 where it gives none
 * @param leaseSeconds how long the server keeps the task for us without contact; 0 where it does not say
 * @param sessionId the agent's session; null while unknown
 * @param delivered how much of its output the server has, at least
 * @param verdict the outcome as JSON once it ended, else null
 */
public record Attempt(long id, String server, String workerId, String taskId, int n, String marker, String codebaseId, Path codebase,
    String agentType, String title, int fence, long leaseSeconds, State state, String sessionId, Instant createdAt, Position delivered,
    String verdict) {
  /** How far an attempt has come; each state is on disk before what follows it happens. */
  public enum State {
    /** We are about to claim it. */
    INTENT,
    /** The server gave it to us. */
    CLAIMED,
    /** Its agent was started; earlier versions recorded it. */
    STARTED,
    /** It has a verdict; reports may still wait. */
    ENDED,
    /** The server has taken or refused every report. */
    SETTLED
  }

  /**
   * A place in the delivery of an attempt's output.
   *
   * @param sent bytes of the transcript that are delivered
   * @param chunks the number of the last chunk; 0 for none
   */
  public record Position(long sent, long chunks) {
    public static final Position START = new Position(0, 0);
  }

  /** An attempt at a task that is to be recorded as an intent. @param codebase the folder worked in; null for none */
  public static Attempt draft(String server, String workerId, Task task, int n, Path codebase, Instant at) {
    return new Attempt(0, server, workerId, task.id(), n, task.marker(), task.codebase(), codebase, task.agent(), task.title(), 0, 0,
        State.INTENT, null, at, Position.START, null);
  }

  /** What its directory keeps of it, for a worker whose journal is lost. */
  public ObjectNode toJson() {
    return Json.object().put("server", server).put("worker_id", workerId).put("task_id", taskId).put("n", n)
        .put("marker", marker).put("codebase_id", codebaseId).put("codebase", codebase == null ? null : codebase.toString())
        .put("agent_type", agentType).put("title", title).put("created_at", createdAt.toString());
  }

  /** An intent from what its directory keeps; empty when that is not whole. */
  public static Optional<Attempt> read(JsonNode node) {
    var codebase = Json.text(node, "codebase");
    var created = Timestamps.parse(Json.text(node, "created_at"));
    for (var needed : List.of("server", "worker_id", "task_id", "marker", "agent_type")) {
      if (Json.text(node, needed) == null) {
        return Optional.empty();
      }
    }
    return node.path("n").asInt(0) < 1 || created == null ? Optional.empty() : Optional.of(new Attempt(0, Json.text(node, "server"),
        Json.text(node, "worker_id"), Json.text(node, "task_id"), node.path("n").asInt(), Json.text(node, "marker"), Json.text(node, "codebase_id"),
        codebase == null ? null : Path.of(codebase), Json.text(node, "agent_type"), Json.text(node, "title"), 0, 0, State.INTENT, null, created,
        Position.START, null));
  }

  /** The same with what the whole task says, where its announcement said less. */
  public Attempt describedBy(Task task) {
    return new Attempt(id, server, workerId, taskId, n, task.marker(), task.codebase(), codebase, task.agent(), task.title(), fence,
        leaseSeconds, state, sessionId, createdAt, delivered, verdict);
  }

  Attempt withId(long newId) {
    return new Attempt(newId, server, workerId, taskId, n, marker, codebaseId, codebase, agentType, title, fence, leaseSeconds, state,
        sessionId, createdAt, delivered, verdict);
  }

  /** The same once the server granted it. */
  public Attempt claimed(int newFence, long newLease) {
    return new Attempt(id, server, workerId, taskId, n, marker, codebaseId, codebase, agentType, title, newFence, newLease, State.CLAIMED,
        sessionId, createdAt, delivered, verdict);
  }
}
