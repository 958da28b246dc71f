package lib.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import lib.agent.output.OutputPosition;
import lib.core.Json;
import lib.wire.Times;

/**
 * One try at a task, as the journal has it.
 *
 * @param id the journal's own number
 * @param server our own server's id, else its address: what is owed is delivered there and nowhere else
 * @param n our own counter for this task, from 1
 * @param marker which queueing of the task this answers
 * @param fence the server's number for the claim; 0 where it gives none
 * @param leaseSeconds how long the server keeps the task for us without a word of ours; 0 where it does not say
 * @param codebase the folder worked in; null for tasks that need none
 * @param verdict the outcome as JSON once it ended, else null
 */
public record Attempt(long id, String server, String workerId, String taskId, int n, String marker, int fence,
    long leaseSeconds, String codebaseId, Path codebase, String agentType, String title, State state, String sessionId, Instant createdAt,
    OutputPosition sent, OutputPosition sending, long seq, String verdict) {

  /** How far an attempt has come; each state is on disk before what follows it happens. */
  public enum State {
    /** We are about to claim it. */
    INTENT,
    /** The server gave it to us. */
    CLAIMED,
    /** Its agent was started. */
    STARTED,
    /** It has a verdict; reports may still be on their way. */
    ENDED,
    /** The server has taken or refused every report. */
    SETTLED
  }

  /** An attempt that is to be recorded as an intent. */
  public static Attempt draft(String server, String workerId, String taskId, int n, String marker, String codebaseId, Path codebase,
      String agentType, String title, Instant at) {
    return new Attempt(0, server, workerId, taskId, n, marker, 0, 0, codebaseId, codebase, agentType, title, State.INTENT, null,
        at, OutputPosition.START, null, 0, null);
  }

  /** What its folder keeps of it, for a worker whose journal is lost. */
  public ObjectNode toJson() {
    return Json.object().put("server", server).put("worker_id", workerId).put("task_id", taskId).put("n", n).put("marker", marker)
        .put("codebase_id", codebaseId).put("codebase", codebase == null ? null : codebase.toString()).put("agent_type", agentType)
        .put("title", title).put("created_at", createdAt.toString());
  }

  /** An intent from what its folder keeps; empty when that is not whole. */
  public static Optional<Attempt> read(JsonNode node) {
    var codebase = Json.text(node, "codebase");
    var created = Times.parse(Json.text(node, "created_at"));
    for (var needed : List.of("server", "worker_id", "task_id", "marker", "agent_type")) {
      if (Json.text(node, needed) == null) {
        return Optional.empty();
      }
    }
    return node.path("n").asInt(0) < 1 || created == null ? Optional.empty() : Optional.of(draft(Json.text(node, "server"),
        Json.text(node, "worker_id"), Json.text(node, "task_id"), node.path("n").asInt(), Json.text(node, "marker"),
        Json.text(node, "codebase_id"), codebase == null ? null : Path.of(codebase), Json.text(node, "agent_type"),
        Json.text(node, "title"), created));
  }

  Attempt recorded(long id) {
    return new Attempt(id, server, workerId, taskId, n, marker, fence, leaseSeconds, codebaseId, codebase, agentType, title, state,
        sessionId, createdAt, sent, sending, seq, verdict);
  }

  Attempt claimed(int fence, long leaseSeconds) {
    return new Attempt(id, server, workerId, taskId, n, marker, fence, leaseSeconds, codebaseId, codebase, agentType, title,
        State.CLAIMED, sessionId, createdAt, sent, sending, seq, verdict);
  }
}
