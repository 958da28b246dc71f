package lib.server.worker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.http.ServerSentEvents;

/**
 * One open task stream of one worker. Anybody may offer events, none of which waits; the connection's own thread writes
 * them. What does not fit is dropped: the next heartbeat, release or poll brings it back.
 */
public final class WorkerStream {
  private static final int MAX_QUEUED = 1024; // as other servers have it
  /** Some dozens of the longest events; 512 clients that read nothing hold no more than a gigabyte. */
  private static final long MAX_QUEUED_BYTES = 2L << 20;
  private static final int MAX_REMEMBERED = 4096; // four times the queue
  /** Tasks told and still pending: a worker that is told of more than it can keep forgets them until it polls. */
  private static final int LEAST_AHEAD = 200;
  private static final int MAX_AHEAD = 1000;
  /**
   * Those of one codebase, which most workers do one after the other: its backlog must not hide the other codebases. Not
   * fewer, since each time that half of them are gone the table is read again.
   */
  private static final int MAX_OF_ONE = 20;
  private static final byte[] END = {};

  private final String workerId;
  private final String agentName;
  private final Set<String> capabilities;
  private final int slots;
  private final String connectedAt;
  private final int mostAhead;
  private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final AtomicLong queuedBytes = new AtomicLong();
  private final Set<String> announced = Collections.newSetFromMap(new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
      return size() > MAX_REMEMBERED;
    }
  });
  private final Map<String, String> ahead = new HashMap<>(); // those it was told of and that are still pending: id, codebase
  private volatile Set<String> codebases;
  private volatile String lastHeartbeat;
  private volatile boolean behind = true;
  private volatile boolean closed;

  /** @param slots how many tasks the worker runs at once: with so many claimed, it is told of no more */
  public WorkerStream(String workerId, String agentName, Set<String> capabilities, Set<String> codebases, int slots, String now) {
    this.workerId = workerId;
    this.agentName = agentName;
    this.capabilities = capabilities;
    this.codebases = codebases;
    this.slots = slots;
    this.mostAhead = Math.clamp((long) slots * MAX_OF_ONE, LEAST_AHEAD, MAX_AHEAD);
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

  public void codebases(Set<String> ids) {
    codebases = ids;
  }

  public int slots() {
    return slots;
  }

  /** Tells of the task once for each time that it becomes available. */
  public synchronized void tell(Task task, byte[] frame) {
    if (!announced.contains(availability(task))) {
      if (room() > 0 && room(task.codebase()) > 0 && offer(frame)) {
        told(task);
        ahead.put(task.id(), task.codebase());
      } else {
        behind = true;
      }
    }
  }

  /** There may be pending tasks for the worker that it was not told of. */
  public void fallBehind() {
    behind = true;
  }

  /** The task is not pending any more. */
  public synchronized void gone(String task) {
    var codebase = ahead.remove(task);
    behind |= codebase != null && room(codebase) == most(codebase) / 2; // there may be more than it had room for
  }

  public synchronized Set<String> ahead() {
    return Set.copyOf(ahead.keySet());
  }

  /** How many tasks it can be told of now. */
  public synchronized int room() {
    return mostAhead - ahead.size();
  }

  /** How many of this codebase. */
  public synchronized int room(String codebase) {
    return most(codebase) - (int) ahead.values().stream().filter(codebase::equals).count();
  }

  /** Any slot may take what belongs to no codebase, and most of it takes no time. */
  private int most(String codebase) {
    return codebase.equals(Task.GLOBAL) ? mostAhead / 2 : MAX_OF_ONE;
  }

  /**
   * Whether it should be told of tasks that it may have missed: there may be some, and it is not busy with what it knows.
   * From now on it counts as told of all.
   */
  public synchronized boolean catchUp() {
    var now = behind && room() >= mostAhead / 2; // many at once: each look reads the table
    behind &= !now;
    return now;
  }

  public synchronized boolean knows(Task task) {
    return announced.contains(availability(task));
  }

  /** The worker knows of the task already. */
  public synchronized void told(Task task) {
    announced.add(availability(task));
  }

  private static String availability(Task task) {
    return task.id() + " " + task.marker();
  }

  public void heartbeat(String now) {
    if (offer(ServerSentEvents.event("heartbeat", Json.object().put("timestamp", now).put("worker_id", workerId)))) {
      lastHeartbeat = now;
    }
  }

  /** Whether the event found room. */
  public synchronized boolean offer(byte[] frame) {
    if (closed || queuedBytes.get() > MAX_QUEUED_BYTES || !frames.offer(frame)) {
      return false;
    }
    queuedBytes.addAndGet(frame.length);
    return true;
  }

  /** Ends the stream; what was not written yet is dropped. */
  public synchronized void close() {
    closed = true;
    frames.clear();
    frames.add(END);
  }

  /** Writes events until the stream is closed or the client is gone. */
  public void pump(OutputStream out) throws IOException, InterruptedException {
    while (true) {
      var frame = frames.take();
      if (frame == END) {
        return;
      }
      out.write(frame);
      out.flush();
      queuedBytes.addAndGet(-frame.length);
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
