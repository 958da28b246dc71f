package lib.server.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.server.http.ServerSentEvents;

/**
 * One open task stream of one worker. Offering an event never waits; the connection's own thread writes the events. An
 * event without space in the queue is dropped: the worker's next poll brings the task. Thread-safe.
 */
public final class WorkerStream {
  private static final int MAX_QUEUED = 1024; // as on other servers
  private static final long MAX_QUEUED_BYTES = 2L << 20; // some dozens of the longest events
  private static final byte[] END = {};

  private final String workerId;
  private final String agentName;
  private final Set<String> capabilities;
  private final String connectedAt;
  private final BlockingQueue<byte[]> events = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final AtomicLong queuedBytes = new AtomicLong();
  private volatile Set<String> codebases;
  private volatile String lastHeartbeat;
  private boolean closed;

  public WorkerStream(String workerId, String agentName, Set<String> capabilities, Set<String> codebases, String now) {
    this.workerId = workerId;
    this.agentName = agentName;
    this.capabilities = capabilities;
    this.codebases = codebases;
    this.connectedAt = now;
    this.lastHeartbeat = now;
    offer(ServerSentEvents.event("connected", Json.object().put("event", "connected").put("worker_id", workerId)
        .put("agent_name", agentName).put("message", "Connected to task stream").put("timestamp", now)));
  }

  public String workerId() {
    return workerId;
  }

  public String agentName() {
    return agentName;
  }

  public Set<String> capabilities() {
    return capabilities;
  }

  public Set<String> codebases() {
    return codebases;
  }

  public void setCodebases(Set<String> ids) {
    codebases = ids;
  }

  public void heartbeat(String now) {
    if (offer(ServerSentEvents.event("heartbeat", Json.object().put("timestamp", now).put("worker_id", workerId)))) {
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
    var json = Json.object().put("worker_id", workerId).put("agent_name", agentName).put("connected_at", connectedAt)
        .put("last_heartbeat", lastHeartbeat).put("is_busy", current != null).put("current_task_id", current);
    json.set("capabilities", Json.array(capabilities));
    json.set("codebases", Json.array(codebases));
    json.set("workspaces", Json.array(codebases));
    return json;
  }
}
