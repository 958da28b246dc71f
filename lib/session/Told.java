package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the server has been told of one codebase's sessions: a number for each content, so that 10,000 sessions are a few
 * megabytes. For one thread at a time.
 */
final class Told {
  private record Entry(SessionStore store, long content) {}

  private record Talk(long content, Instant updated) {}

  private final Map<String, Entry> sessions = new HashMap<>();
  private final Map<String, Talk> messages = new HashMap<>();
  private boolean begun;
  private boolean disputed;
  private boolean shortened;

  /** The number of this content. 64 bits are plenty: a session is only ever compared with what it was itself. */
  static long content(List<? extends JsonNode> nodes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      nodes.forEach(node -> digest.update(Fitting.bytes(node)));
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has it", e);
    }
  }

  /** Whether the server has the whole list, or what has changed since it had. */
  boolean begun() {
    return begun;
  }

  /** The server has all that is noted here, and nothing besides. */
  void begin() {
    begun = true;
  }

  int size() {
    return sessions.size();
  }

  Set<String> ids() {
    return Set.copyOf(sessions.keySet());
  }

  boolean has(String id) {
    return sessions.containsKey(id);
  }

  boolean has(String id, long content) {
    return has(id) && sessions.get(id).content == content;
  }

  /** Where a session was found that the server knows of. */
  SessionStore store(String id) {
    return sessions.get(id).store;
  }

  void session(String id, SessionStore store, long content) {
    sessions.put(id, new Entry(store, content));
  }

  void removed(String id) {
    sessions.remove(id);
    messages.remove(id);
  }

  boolean hasMessages(String id) {
    return messages.containsKey(id);
  }

  boolean hasMessages(String id, long content) {
    return hasMessages(id) && messages.get(id).content == content;
  }

  /** Whether its messages were told and nothing was added since. */
  boolean hasMessages(Session session) {
    return hasMessages(session.id()) && session.updated() != null && session.updated().equals(messages.get(session.id()).updated);
  }

  void messages(Session session, long content) {
    messages.put(session.id(), new Talk(content, session.updated()));
  }

  /** Everything is to be told anew. */
  void forget() {
    begun = false;
    sessions.clear();
    messages.clear();
  }

  /** Whether the server counts otherwise although it was told everything: then its count says nothing. */
  boolean disputed() {
    return disputed;
  }

  void dispute() {
    disputed = true;
  }

  /** Whether it is news that not all sessions are told. */
  boolean shorten(boolean now) {
    var news = now && !shortened;
    shortened = now;
    return news;
  }
}
