package tests.session;

import module java.base;
import com.fasterxml.jackson.databind.node.MissingNode;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;

/** A store in memory that a test fills and breaks. Thread-safe. */
public class MadeStore implements SessionStore {
  private final String kind;
  private final Map<String, Session> sessions = new LinkedHashMap<>();
  private final Map<String, List<Message>> messages = new LinkedHashMap<>();
  private final AtomicInteger messageReads = new AtomicInteger();
  private Exception failure;
  private boolean gone;

  public MadeStore(String kind) {
    this.kind = kind;
  }

  /** Puts a session there, or another version of it; the later {@code minute}, the newer. */
  public synchronized MadeStore put(String id, String title, Path directory, int minute, String... texts) {
    gone = false;
    var updated = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(60L * minute);
    sessions.put(id, new Session(id, kind, title, directory, null, Instant.EPOCH, updated, texts.length, Json.object(), "1"));
    var list = new ArrayList<Message>();
    for (var i = 0; i < texts.length; i++) {
      list.add(message(id + "-" + i, texts[i]));
    }
    messages.put(id, list);
    return this;
  }

  public static Message message(String id, String text) {
    return new Message(id, "assistant", Instant.EPOCH, "build", "p/m", 0, MissingNode.getInstance(),
        List.of(Json.object().put("id", "prt-" + id).put("type", "text").put("text", text)));
  }

  public synchronized MadeStore messages(String id, Message... list) {
    messages.put(id, List.of(list));
    return this;
  }

  public synchronized void remove(String id) {
    sessions.remove(id);
    messages.remove(id);
  }

  /** Makes it unreadable for this reason; null heals it. */
  public synchronized void fail(Exception why) {
    failure = why;
  }

  /** Takes it away as a whole with all its sessions. */
  public synchronized void vanish() {
    sessions.clear();
    messages.clear();
    gone = true;
  }

  @Override
  public synchronized boolean exists() {
    return !gone;
  }

  public int messageReads() {
    return messageReads.get();
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Path location() {
    return Path.of("/stores", kind);
  }

  @Override
  public synchronized List<Session> sessions(String id) throws IOException {
    failIfBroken();
    return List.copyOf(sessions.values());
  }

  @Override
  public synchronized List<Message> messages(Session session, int max) throws IOException {
    failIfBroken();
    messageReads.incrementAndGet();
    var all = messages.getOrDefault(session.id(), List.of());
    return List.copyOf(all.subList(Math.max(0, all.size() - max), all.size()));
  }

  private void failIfBroken() throws IOException {
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure != null) {
      throw (RuntimeException) failure;
    }
  }
}
