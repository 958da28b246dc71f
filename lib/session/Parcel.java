package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.client.SessionBatch;

/** A request for our own server while it is filled, and what to note once it is taken. */
final class Parcel {
  /** The braces, names and ids around what is told, generously. */
  static final int AROUND = 1 << 10;

  private final boolean whole;
  private final List<ObjectNode> sessions = new ArrayList<>();
  private final List<String> removed = new ArrayList<>();
  private final Map<String, List<ObjectNode>> messages = new LinkedHashMap<>();
  private final List<Runnable> notes = new ArrayList<>();
  private int bytes = AROUND;

  /** @param whole whether the server is to forget what else it has of the codebase */
  Parcel(boolean whole) {
    this.whole = whole;
  }

  boolean whole() {
    return whole;
  }

  /** Whether it would tell nothing: not even that there is nothing. */
  boolean idle() {
    return !whole && notes.isEmpty();
  }

  /** Whether so many bytes more stay within a limit; the first thing always does. */
  boolean fits(int more, int most) {
    return notes.isEmpty() || bytes + more <= most;
  }

  void session(ObjectNode json, int size, Runnable note) {
    sessions.add(json);
    grow(size, note);
  }

  void removed(String id, Runnable note) {
    removed.add(id);
    grow(id.length() + 3, note);
  }

  void messages(String id, List<ObjectNode> list, int size, Runnable note) {
    messages.put(id, list);
    grow(id.length() + 5 + size, note);
  }

  private void grow(int size, Runnable note) {
    bytes += size + 1;
    notes.add(note);
  }

  int bytes() {
    return bytes;
  }

  /** How many messages are in it. */
  int messageCount() {
    return messages.values().stream().mapToInt(List::size).sum();
  }

  /** The sessions whose messages are in it. */
  Set<String> talks() {
    return messages.keySet();
  }

  SessionBatch batch(String workerId) {
    return new SessionBatch(workerId, whole, sessions, removed, messages);
  }

  /** The server has it. */
  void taken() {
    notes.forEach(Runnable::run);
  }
}
