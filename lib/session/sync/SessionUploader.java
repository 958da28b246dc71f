package lib.session.sync;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.http.ApiException;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.store.DurableFiles;

/**
 * Sends a codebase's list of sessions, and the messages of a session, unless their hash is that of the last ones sent. For one
 * thread at a time.
 */
public final class SessionUploader {
  /** Sessions of a list: some 400 KB. People look for the newest ones. */
  static final int MAX_SESSIONS = 1_000;

  /** Sends to the server; a dry run sends nothing. */
  public interface Upload {
    /** @param sessionId the session whose messages these are; null for the list of the codebase's sessions */
    void send(String codebaseId, String sessionId, ObjectNode body) throws ApiException, InterruptedException;
  }

  private final Upload upload;
  private final String workerId;
  private final Truncation truncation;
  private final Map<String, Sent> sent = new HashMap<>(); // by codebase
  private Count count = new Count();

  /** What went out since the last {@link #begin}. */
  static final class Count {
    int leftOut;
    int messages;
    int requests;
    long bytes;
  }

  /** The hashes of what the server has of one codebase; a session of the list without messages has an empty one. */
  private static final class Sent {
    private String list;
    private final Map<String, String> messages = new HashMap<>();
  }

  /**
   * Sends to one server.
   *
   * @param workerId the worker that the server shows with the sessions
   * @param mask masks each text before it leaves
   */
  public SessionUploader(Upload upload, String workerId, UnaryOperator<String> mask) {
    this.upload = upload;
    this.workerId = workerId;
    this.truncation = new Truncation(mask);
  }

  /** Counts from 0 again. */
  Count begin() {
    count = new Count();
    return count;
  }

  /** Forgets what the server has of all codebases except these. */
  void retain(Collection<String> codebaseIds) {
    sent.keySet().retainAll(codebaseIds);
  }

  /** Forgets what the server has of a codebase. */
  void forget(String codebaseId) {
    sent.remove(codebaseId);
  }

  /** Whether the session was in the last list. Servers take messages of such sessions alone. */
  boolean isListed(String codebaseId, String sessionId) {
    return sent.containsKey(codebaseId) && sent.get(codebaseId).messages.containsKey(sessionId);
  }

  /** @param sessions all of the codebase, the newest first */
  void list(String codebaseId, List<Session> sessions) throws ApiException, InterruptedException {
    var list = truncation.list(sessions.stream().limit(MAX_SESSIONS).map(Session::toJson).toList());
    count.leftOut = sessions.size() - list.size();
    var hash = DurableFiles.digest(list.toString());
    var its = sent.computeIfAbsent(codebaseId, id -> new Sent());
    if (!hash.equals(its.list)) {
      send(codebaseId, null, "sessions", list);
      its.list = hash;
      var ids = list.stream().map(session -> session.path("id").asText()).toList();
      its.messages.keySet().retainAll(ids); // the server deletes a session with its messages
      ids.forEach(id -> its.messages.putIfAbsent(id, ""));
    }
  }

  /** @param messages the newest, oldest first, of a session that {@link #isListed} */
  void messages(String codebaseId, String sessionId, List<Message> messages) throws ApiException, InterruptedException {
    var masked = messages.stream().map(message -> truncation.masked(message.toJson(sessionId))).toList();
    var hash = DurableFiles.digest(masked.toString());
    if (masked.isEmpty() || hash.equals(sent.get(codebaseId).messages.get(sessionId))) {
      return; // none: the CLI compressed or just deleted them, and the server keeps what it has
    }
    var fit = truncation.messages(masked);
    send(codebaseId, sessionId, "messages", fit);
    sent.get(codebaseId).messages.put(sessionId, hash);
    count.messages += fit.size();
  }

  private void send(String codebaseId, String sessionId, String field, List<ObjectNode> items) throws ApiException, InterruptedException {
    var body = Json.object().put("worker_id", workerId);
    body.putArray(field).addAll(items);
    upload.send(codebaseId, sessionId, body);
    count.bytes += Truncation.bytes(items);
    count.requests++;
  }
}
