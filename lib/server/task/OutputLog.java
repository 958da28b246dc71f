package lib.server.task;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.TaskStatus;
import lib.server.http.ApiError;
import lib.server.http.ServerSentEvents;
import lib.server.rules.TaskTransition;
import lib.server.worker.Leases;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;

/**
 * Keeps the agents' output in chunks. Each chunk of a task has a number, counted from 0 over all attempts, that never
 * changes: a reader continues a broken stream from it. Thread-safe.
 */
public final class OutputLog {
  private static final long MAX_BYTES = 512L << 20; // per task; twice what a worker sends by default
  private static final long MAX_PAGE_CHARS = 8L << 20;
  private static final long MAX_FOLLOWED_CHARS = 64 << 10; // held for a follower that reads nothing

  private final Database database;
  private final Leases leases;
  private final Map<Semaphore, String> followers = new ConcurrentHashMap<>(); // each with its task
  private volatile boolean closed;

  public OutputLog(Database database, Leases leases) {
    this.database = database;
    this.leases = leases;
  }

  /**
   * A chunk as a worker sends it.
   *
   * @param attempt the number of its claim; 0 from workers that have none
   * @param seq its number in that attempt; null from the same
   */
  public record Chunk(String taskId, String workerId, String text, String createdAt, int attempt, Long seq) {}

  /** Chunks from a number on, as many as fit into one answer. @param total how many the task has in all */
  public record Page(List<ObjectNode> chunks, long total) {}

  /**
   * Stores the chunk; false when it was there already. Rejects one of the same number with another text, and one of an
   * attempt that is over. The end of the task is no reason to reject.
   */
  public boolean append(Chunk chunk) throws DatabaseException, InterruptedException {
    var stored = database.write(Sync.PROCESS, sql -> {
      var now = TaskService.head(sql, chunk.taskId).state();
      if (chunk.attempt > 0 && chunk.attempt != now.attempt()) {
        throw ApiError.of(409, "stale_attempt", "attempt " + chunk.attempt + " is over, the current one is " + now.attempt());
      }
      var isOwner = now.status() == TaskStatus.PENDING ? TaskTransition.isReclaim(now, chunk.workerId, chunk.attempt)
          : chunk.workerId.equals(now.worker());
      if (!isOwner) {
        throw ApiError.of(409, "not_owner", "Task " + chunk.taskId + " not claimed by worker " + chunk.workerId);
      }
      var end = sql.first("SELECT seq, end_offset FROM output WHERE task_id = ? ORDER BY seq DESC LIMIT 1",
          row -> new long[] {row.getLong(1) + 1, row.getLong(2)}, chunk.taskId).orElse(new long[] {0, 0});
      var endOffset = end[1] + chunk.text.getBytes(StandardCharsets.UTF_8).length;
      if (endOffset > MAX_BYTES || end[1] == MAX_BYTES) { // an empty chunk takes space, too
        throw ApiError.of(413, "output_full", "the task's output has reached " + (MAX_BYTES >> 20) + " MiB");
      }
      var added = sql.update("""
          INSERT INTO output (task_id, seq, attempt, attempt_seq, worker_id, created_at, end_offset, chunk)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task_id, attempt, attempt_seq) DO NOTHING""",
          chunk.taskId, end[0], chunk.attempt, chunk.seq, chunk.workerId, chunk.createdAt, endOffset, chunk.text);
      if (added == 0 && !chunk.text.equals(sql.first("SELECT chunk FROM output WHERE task_id = ? AND attempt = ? AND attempt_seq = ?",
          row -> row.getString(1), chunk.taskId, chunk.attempt, chunk.seq).orElseThrow())) {
        throw ApiError.of(409, "chunk_known", "chunk " + chunk.seq + " of attempt " + chunk.attempt + " is here with another text");
      }
      return added > 0;
    });
    leases.renew(chunk.taskId, chunk.workerId);
    if (stored) {
      wake(chunk.taskId);
    }
    return stored;
  }

  /** The chunks from this number on; none when it is beyond the end. */
  public Page page(String task, long since) throws DatabaseException {
    return page(task, since, MAX_PAGE_CHARS);
  }

  private Page page(String task, long since, long most) throws DatabaseException {
    return database.read(sql -> {
      var chunks = new ArrayList<ObjectNode>();
      var chars = new long[1];
      sql.walk("SELECT seq, chunk, created_at, worker_id FROM output WHERE task_id = ? AND seq >= ? ORDER BY seq", row -> {
        chars[0] += row.getString("chunk").length();
        return (chars[0] <= most || chunks.isEmpty()) && chunks.add(json(row));
      }, task, since);
      var total = sql.first("SELECT seq + 1 FROM output WHERE task_id = ? ORDER BY seq DESC LIMIT 1",
          row -> row.getLong(1), task).orElse(0L);
      return new Page(chunks, total);
    });
  }

  /** Writes what there is from this number on, then what comes, until the task has ended. */
  public void follow(String task, long since, OutputStream out) throws DatabaseException, IOException, InterruptedException {
    var signal = new Semaphore(0);
    followers.put(signal, task);
    try {
      var next = since;
      while (!closed) {
        var status = database.read(sql -> TaskService.head(sql, task)).state().status(); // before the output, so that the last of it is not missed
        var chunks = page(task, next, MAX_FOLLOWED_CHARS).chunks;
        for (var chunk : chunks) {
          write(out, ServerSentEvents.event("output", chunk.path("seq").asLong(), chunk));
        }
        next += chunks.size();
        if (chunks.isEmpty() && status.terminal()) {
          write(out, ServerSentEvents.event("done", Json.object().put("status", status.word())));
          return;
        }
        if (chunks.isEmpty()) {
          write(out, ServerSentEvents.COMMENT);
          signal.acquire();
          signal.drainPermits();
        }
      }
    } finally {
      followers.remove(signal);
    }
  }

  /** Wakes the followers of a task; two times before a follower waits wake it once. */
  public void wake(String task) {
    followers.forEach((signal, followed) -> {
      if (followed.equals(task)) {
        signal.release();
      }
    });
  }

  /** Wakes every follower, so that it writes at least a comment. */
  public void wakeAll() {
    followers.keySet().forEach(Semaphore::release);
  }

  /** Ends every follower. */
  public void close() {
    closed = true;
    wakeAll();
  }

  private static void write(OutputStream out, byte[] frame) throws IOException {
    out.write(frame);
    out.flush();
  }

  private static ObjectNode json(ResultSet row) throws SQLException {
    return Json.object().put("output", row.getString("chunk")).put("timestamp", row.getString("created_at"))
        .put("worker_id", row.getString("worker_id")).put("seq", row.getLong("seq"));
  }
}
