package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the server has been told of one codebase's sessions: a number for each content, so that 10,000 sessions are a few
 * megabytes. For one thread at a time.
 */
final class Told {
  private record Talk(long content, Object stamp) {}

  private final Map<String, Long> sessions = new HashMap<>();
  private final Map<String, Talk> messages = new HashMap<>();
  private final Lagging lagging = new Lagging();
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
    return has(id) && sessions.get(id) == content;
  }

  void session(String id, long content) {
    sessions.put(id, content);
  }

  void removed(String id) {
    sessions.remove(id);
    messages.remove(id);
    lagging.passed(id);
  }

  boolean hasMessages(String id) {
    return messages.containsKey(id);
  }

  boolean hasContent(String id, long content) {
    return hasMessages(id) && messages.get(id).content == content;
  }

  /** Whether its messages were told when they looked so. */
  boolean hasMessages(String id, Object stamp) {
    return stamp != null && hasMessages(id) && stamp.equals(messages.get(id).stamp);
  }

  /** @param stamp what they looked like before they were read; null when that says nothing */
  void messages(String id, long content, Object stamp) {
    messages.put(id, new Talk(content, stamp));
  }

  /** The sessions whose messages were not taken. */
  Lagging lagging() {
    return lagging;
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
