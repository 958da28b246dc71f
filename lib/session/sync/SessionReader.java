package lib.session.sync;

import module java.base;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all stores of this machine as one. A store that fails keeps its last list and stops no other store. For one thread at
 * a time.
 */
final class SessionReader {
  private static final Logger LOG = LoggerFactory.getLogger(SessionReader.class);
  private static final Comparator<Found> NEWEST = Comparator.comparing(Found::session, Session.BY_UPDATE).reversed()
      .thenComparing(found -> found.session.id());

  private final Supplier<List<SessionStore>> stores;
  private final Map<SessionStore, List<Session>> last = new HashMap<>();
  private Map<String, String> failures = new HashMap<>(); // since the last list
  private Map<String, String> before = new HashMap<>(); // what failed earlier, until it is read

  /** A session and its store. */
  record Found(SessionStore store, Session session) {}

  /**
   * What the stores hold.
   *
   * @param found the newest first; of a session in several stores the newest
   * @param failed the stores that cannot be read now
   * @param isComplete false as long as a store was never read
   */
  record Snapshot(List<Found> found, Set<SessionStore> failed, boolean isComplete) {}

  private interface Read<T> {
    T from(SessionStore store) throws IOException;
  }

  SessionReader(Supplier<List<SessionStore>> stores) {
    this.stores = stores;
  }

  /** Why something could not be read at the last try; null when all could. */
  String problem() {
    return failures.isEmpty() ? null : String.join("; ", failures.values());
  }

  Snapshot all() throws InterruptedException {
    before = failures;
    failures = new HashMap<>();
    var byId = new LinkedHashMap<String, Found>();
    var failed = new HashSet<SessionStore>();
    var all = stores.get();
    for (var store : all) {
      read(store, null, this::sessions).ifPresentOrElse(now -> last.put(store, now), () -> failed.add(store));
      last.getOrDefault(store, List.of()).forEach(session -> byId.merge(session.id(), new Found(store, session),
          BinaryOperator.minBy(NEWEST)));
    }
    return new Snapshot(byId.values().stream().sorted(NEWEST).toList(), failed, last.keySet().containsAll(all));
  }

  /** Reads the list. A store that vanished as a whole was moved or unmounted: no CLI deletes all that it has. */
  private List<Session> sessions(SessionStore store) throws IOException {
    var now = store.sessions();
    if (now.isEmpty() && !last.getOrDefault(store, List.of()).isEmpty() && !store.exists()) {
      throw new NoSuchFileException("it was there and is gone, its sessions stay as they were");
    }
    return now;
  }

  /** Finds a session in the stores of these kinds. */
  Optional<Found> find(String id, Collection<String> kinds) throws InterruptedException {
    for (var store : stores.get()) {
      if (kinds.contains(store.kind())) {
        var session = read(store, null, s -> s.session(id)).flatMap(found -> found);
        if (session.isPresent()) {
          return Optional.of(new Found(store, session.get()));
        }
      }
    }
    return Optional.empty();
  }

  /** Reads the newest messages, oldest first; empty when they cannot be read now. */
  Optional<List<Message>> messages(Found found, int max) throws InterruptedException {
    return read(found.store, found.session.id(), store -> store.messages(found.session, max));
  }

  /** Ends a pass. */
  void release() {
    for (var store : stores.get()) {
      try {
        store.release();
      } catch (IOException e) {
        LOG.warn("cannot delete the copy of a store, leaving it: {}", e.toString());
      }
    }
  }

  /** @param session null for the store's list */
  private <T> Optional<T> read(SessionStore store, String session, Read<T> read) throws InterruptedException {
    var subject = store.kind() + ", " + store.location() + (session == null ? "" : ", session " + session);
    try {
      var value = read.from(store);
      if (Thread.interrupted()) { // files that were not opened any more look as if they were gone
        throw new InterruptedException("reading sessions");
      }
      if (before.remove(subject) != null | failures.remove(subject) != null) {
        LOG.info("sessions readable again store=\"{}\"", subject);
      }
      return Optional.of(value);
    } catch (IOException | RuntimeException e) { // no content of a foreign store may end the others' sync
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("reading sessions").initCause(e);
      }
      var message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      var why = (session == null && message.contains(store.location().toString()) ? store.kind() : subject) + ": " + message;
      if (!why.equals(failures.put(subject, why)) && !why.equals(before.get(subject))) {
        LOG.warn("cannot read sessions, retrying at the next pass: {}", why, e instanceof RuntimeException ? e : null);
      }
      return Optional.empty();
    }
  }
}
