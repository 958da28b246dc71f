package lib.session.sync;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;

/** Remembers by hash what the server got of one codebase. For one thread at a time. */
final class SentHashes {
  private String list;
  private Set<String> ids = Set.of();
  private final Map<String, String> messages = new HashMap<>();

  static String hash(List<? extends JsonNode> nodes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      nodes.forEach(node -> digest.update(Truncation.bytes(node)));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has it", e);
    }
  }

  boolean hasList(String hash) {
    return hash.equals(list);
  }

  /** Whether the session was in the last list. Servers take messages of such sessions alone. */
  boolean hasSession(String id) {
    return ids.contains(id);
  }

  void list(String hash, Collection<String> sessions) {
    list = hash;
    ids = Set.copyOf(sessions);
    messages.keySet().retainAll(ids); // the server deletes a session with its messages
  }

  boolean hasMessages(String session, String hash) {
    return hash.equals(messages.get(session));
  }

  void messages(String session, String hash) {
    messages.put(session, hash);
  }
}
