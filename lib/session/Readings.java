package lib.session;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all stores of this machine as one. A store that fails is told to the log once for each reason and holds up no other.
 * For one thread at a time; {@link #problem} for any.
 */
final class Readings {
  private static final Logger LOG = LoggerFactory.getLogger(Readings.class);
  /** The newest first: what people look for, and what is left when not all fits. */
  private static final Comparator<Found> NEWEST = Comparator.comparing((Found f) -> f.session.updated(),
      Comparator.nullsFirst(Comparator.naturalOrder())).reversed().thenComparing(f -> f.session.id());

  private final List<SessionStore> stores;
  private final Map<SessionStore, List<Session>> last = new HashMap<>();
  private final Map<Place, String> failing = new HashMap<>();
  private volatile String problem;

  /** A session and where it was found. */
  record Found(SessionStore store, Session session) {
    String id() {
      return session.id();
    }
  }

  /**
   * What the stores hold.
   *
   * @param found the newest first; one that several stores hold is taken from where it is newest, and one of a store that cannot
   *     be read now is as it was
   * @param failed the stores that cannot be read now
   * @param whole whether these are all; not as long as there is a store that could never be read
   */
  record All(List<Found> found, Set<SessionStore> failed, boolean whole) {
    /** Of these sessions those whose messages can be read. */
    List<Found> readable(List<Found> some) {
      return some.stream().filter(one -> !failed.contains(one.store)).toList();
    }
  }

  /** Something that can fail on its own; the session is null for a whole store. */
  private record Place(SessionStore store, String session) {
    @Override
    public String toString() {
      return store.kind() + ", " + store.place() + (session == null ? "" : ", session " + session);
    }

    /** Names it once, although most failures name the file themselves. */
    String why(String message) {
      return message.startsWith(store.place().toString()) && session == null ? store.kind() + ", " + message : this + ": " + message;
    }
  }

  private interface Read<T> {
    T from(SessionStore store) throws IOException;
  }

  Readings(List<SessionStore> stores) {
    this.stores = List.copyOf(stores);
  }

  /** Why something could not be read at the last try; null when all could. */
  String problem() {
    return problem;
  }

  All all() throws InterruptedException {
    var byId = new LinkedHashMap<String, Found>();
    var failed = new HashSet<SessionStore>();
    for (var store : stores) {
      read(new Place(store, null), this::sessions).ifPresentOrElse(now -> last.put(store, now), () -> failed.add(store));
      last.getOrDefault(store, List.of()).forEach(session -> byId.merge(session.id(), new Found(store, session),
          (first, again) -> NEWEST.compare(first, again) <= 0 ? first : again));
    }
    return new All(byId.values().stream().sorted(NEWEST).toList(), failed, last.keySet().containsAll(stores));
  }

  /** A store that has vanished as a whole was moved, or its disk was unmounted: no CLI deletes all that it has. */
  private List<Session> sessions(SessionStore store) throws IOException {
    var now = store.sessions();
    if (now.isEmpty() && !last.getOrDefault(store, List.of()).isEmpty() && !store.there()) {
      throw new NoSuchFileException("it was there and is gone, its sessions are told as they were");
    }
    return now;
  }

  /** One session of a CLI of these kinds. */
  Optional<Found> one(String id, Collection<String> kinds) throws InterruptedException {
    for (var store : stores) {
      if (kinds.contains(store.kind())) {
        var session = read(new Place(store, null), s -> s.session(id)).flatMap(found -> found);
        if (session.isPresent()) {
          return Optional.of(new Found(store, session.get()));
        }
      }
    }
    return Optional.empty();
  }

  /** What the messages of these look like, by session; without those of which only reading them tells. */
  Map<String, Object> stamps(List<Found> some) throws InterruptedException {
    var byStore = new HashMap<SessionStore, List<Session>>();
    some.forEach(found -> byStore.computeIfAbsent(found.store, k -> new ArrayList<>()).add(found.session));
    var stamps = new HashMap<String, Object>();
    for (var its : byStore.entrySet()) {
      read(new Place(its.getKey(), null), store -> store.stamps(its.getValue())).ifPresent(stamps::putAll);
    }
    return stamps;
  }

  /** The newest messages of a session, oldest first; empty when they cannot be read now. */
  Optional<List<Message>> messages(Found found, int most) throws InterruptedException {
    return read(new Place(found.store, found.id()), store -> store.messages(found.session, most));
  }

  private <T> Optional<T> read(Place place, Read<T> read) throws InterruptedException {
    try {
      var got = read.from(place.store);
      if (Thread.interrupted()) { // files that were not opened any more look as if they were gone
        throw new InterruptedException("reading sessions");
      }
      if (failing.remove(place) != null) {
        LOG.info("sessions of {} can be read again", place);
      }
      problem = failing.isEmpty() ? null : String.join("; ", failing.values());
      return Optional.of(got);
    } catch (IOException | RuntimeException e) { // what an agent CLI left in its store must not end the others' sync either
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("reading sessions").initCause(e);
      }
      var reason = place.why(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
      if (!reason.equals(failing.put(place, reason))) {
        LOG.warn("sessions are not read, trying on: {}", reason, e instanceof RuntimeException ? e : null);
      }
      problem = String.join("; ", failing.values());
      return Optional.empty();
    }
  }
}
