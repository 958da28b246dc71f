package tests.session;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
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
    sessions.put(id, new Session(id, kind, title, directory, null, Instant.EPOCH, at(minute), texts.length, Json.object(), "1"));
    var list = new ArrayList<Message>();
    for (var i = 0; i < texts.length; i++) {
      list.add(message(id + "-" + i, texts[i]));
    }
    messages.put(id, list);
    return this;
  }

  /** The same with what the CLI says of its changes. */
  public synchronized MadeStore put(String id, Path directory, int minute, String summary) {
    sessions.put(id, new Session(id, kind, "t", directory, null, Instant.EPOCH, at(minute), 0, Json.object().put("diff", summary), "1"));
    messages.put(id, List.of());
    return this;
  }

  private static Instant at(int minute) {
    return Instant.parse("2026-01-01T00:00:00Z").plusSeconds(60L * minute);
  }

  static Message message(String id, String text) {
    return new Message(id, "assistant", Instant.EPOCH, "build", "p/m", 0, MissingNode.getInstance(),
        List.of(Json.object().put("id", "prt-" + id).put("type", "text").put("text", text)));
  }

  synchronized MadeStore messages(String id, Message... list) {
    messages.put(id, List.of(list));
    return this;
  }

  public synchronized void remove(String id) {
    sessions.remove(id);
    messages.remove(id);
  }

  /** From now on it cannot be read, for this reason; null heals it. */
  synchronized void fail(Exception why) {
    failure = why;
  }

  /** Takes it away as a whole with all its sessions. */
  synchronized void vanish() {
    sessions.clear();
    messages.clear();
    gone = true;
  }

  @Override
  public synchronized boolean there() {
    return !gone;
  }

  int messageReads() {
    return messageReads.get();
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Path place() {
    return Path.of("/stores", kind);
  }

  @Override
  public synchronized List<Session> sessions() throws IOException {
    broken();
    return List.copyOf(sessions.values());
  }

  @Override
  public synchronized Optional<Session> session(String id) throws IOException {
    broken();
    return Optional.ofNullable(sessions.get(id));
  }

  @Override
  public synchronized List<Message> messages(Session session, int most) throws IOException {
    broken();
    messageReads.incrementAndGet();
    var all = messages.getOrDefault(session.id(), List.of());
    return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
  }

  @Override
  public synchronized Map<String, Object> stamps(List<Session> some) throws IOException {
    broken();
    var stamps = new LinkedHashMap<String, Object>();
    some.forEach(session -> stamps.put(session.id(), messages.getOrDefault(session.id(), List.of())));
    return stamps;
  }

  private void broken() throws IOException {
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure != null) {
      throw (RuntimeException) failure;
    }
  }
}
