package lib.session.sync;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.http.ApiException;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;

/** Sends a codebase's list of sessions, and the messages of a session, unless the server has them. For one thread at a time. */
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

  /** What went out of one codebase. */
  static final class Count {
    int leftOut;
    int messages;
    int requests;
    long bytes;

    private void add(int messagesInIt, int bytesOfIt) {
      messages += messagesInIt;
      bytes += bytesOfIt;
      requests++;
    }
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

  /** @param sessions all of the codebase, the newest first */
  void list(String codebaseId, List<Session> sessions, SentHashes sent, Count count) throws ApiException, InterruptedException {
    var list = truncation.list(sessions.stream().limit(MAX_SESSIONS).map(Session::toJson).toList());
    count.leftOut = sessions.size() - list.size();
    var hash = SentHashes.hash(list);
    if (!sent.hasList(hash)) {
      upload.send(codebaseId, null, body("sessions", list));
      sent.list(hash, list.stream().map(session -> session.path("id").asText()).toList());
      count.add(0, Truncation.bytes(list));
    }
  }

  /** @param messages the newest, oldest first */
  void messages(String codebaseId, String sessionId, List<Message> messages, SentHashes sent, Count count)
      throws ApiException, InterruptedException {
    var masked = messages.stream().map(message -> truncation.masked(message.toJson(sessionId))).toList();
    var hash = SentHashes.hash(masked);
    if (masked.isEmpty() || sent.hasMessages(sessionId, hash)) {
      return; // none: the CLI compressed or just deleted them, and the server keeps what it has
    }
    var fit = truncation.messages(masked);
    upload.send(codebaseId, sessionId, body("messages", fit));
    sent.messages(sessionId, hash);
    count.add(fit.size(), Truncation.bytes(fit));
  }

  private ObjectNode body(String field, List<ObjectNode> items) {
    var body = Json.object().put("worker_id", workerId);
    body.putArray(field).addAll(items);
    return body;
  }
}
