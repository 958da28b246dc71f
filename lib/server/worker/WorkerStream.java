package lib.server.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.server.http.ServerSentEvents;
import lib.server.rules.Eligibility.Candidate;

/**
 * One open task stream of one worker. Offering an event never waits; the connection's own thread writes the events. An
 * event without space in the queue is dropped: the worker's next poll brings the task. Thread-safe.
 */
public final class WorkerStream {
  private static final int MAX_QUEUED = 1024; // as on other servers
  private static final long MAX_QUEUED_BYTES = 2L << 20; // some dozens of the longest events
  private static final byte[] END = {};

  private final String connectedAt;
  private final BlockingQueue<byte[]> events = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final AtomicLong queuedBytes = new AtomicLong();
  private volatile Candidate worker;
  private volatile String lastHeartbeat;
  private boolean closed;

  /** @param worker with the role, the capabilities and the codebases that the stream's request names */
  public WorkerStream(Candidate worker, String now) {
    this.worker = worker;
    this.connectedAt = now;
    this.lastHeartbeat = now;
    offer(ServerSentEvents.event("connected", Json.object().put("event", "connected").put("worker_id", worker.workerId())
        .put("agent_name", worker.agentName()).put("message", "Connected to task stream").put("timestamp", now)));
  }

  public Candidate worker() {
    return worker;
  }

  public void setCodebases(Set<String> ids) {
    worker = new Candidate(worker.workerId(), worker.agentName(), worker.capabilities(), ids);
  }

  public void heartbeat(String now) {
    if (offer(ServerSentEvents.event("heartbeat", Json.object().put("timestamp", now).put("worker_id", worker.workerId())))) {
      lastHeartbeat = now;
    }
  }

  /** Queues the event; false when the queue has no space for it. */
  public synchronized boolean offer(byte[] event) {
    if (closed || queuedBytes.get() > MAX_QUEUED_BYTES || !events.offer(event)) {
      return false;
    }
    queuedBytes.addAndGet(event.length);
    return true;
  }

  /** Ends the stream and drops what it has not written yet. */
  public synchronized void close() {
    closed = true;
    events.clear();
    events.add(END);
  }

  /** Writes events until the stream is closed or the client has disconnected. */
  public void writeTo(OutputStream out) throws IOException, InterruptedException {
    for (var event = events.take(); event != END; event = events.take()) {
      out.write(event);
      out.flush();
      queuedBytes.addAndGet(-event.length);
    }
  }

  /** As {@code GET /v1/worker/connected} shows it. @param current the task it runs, or null */
  public ObjectNode json(String current) {
    var json = Json.object().put("worker_id", worker.workerId()).put("agent_name", worker.agentName()).put("connected_at", connectedAt)
        .put("last_heartbeat", lastHeartbeat).put("is_busy", current != null).put("current_task_id", current);
    json.set("capabilities", Json.array(worker.capabilities()));
    json.set("codebases", Json.array(worker.codebases()));
    json.set("workspaces", Json.array(worker.codebases()));
    return json;
  }
}
