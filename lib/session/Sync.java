package lib.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lib.client.SyncCalls;
import lib.client.http.ApiException;
import lib.core.Clock;
import lib.session.Readings.Found;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a server's picture of this machine's sessions current: what has changed since the last pass is told, and nothing
 * else. What the server has is remembered as numbers, and forgotten when the server forgets: it answers that it knows no such
 * codebase, counts otherwise than we do, or somebody says so. For one thread at a time, but for {@link #forget}.
 */
public final class Sync {
  private static final Logger LOG = LoggerFactory.getLogger(Sync.class);
  /** CLIs that tell their session while they run and keep it up to date in their store. */
  private static final Set<String> LIVE = Set.of("opencode", "codetether");
  /** A database that is locked or being mended is soon there; one that stays broken holds up the others' sessions no longer. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Readings readings;
  private final Telling telling;
  private final Supplier<Places> places;
  private final Registering registering;
  private final Most most;
  private final boolean ours;
  private final Clock time;
  private final long start;
  private final Lagging lagging = new Lagging();
  private final Map<String, Told> told = new HashMap<>();
  private final Map<String, String> problems = new HashMap<>();
  private final AtomicBoolean forgotten = new AtomicBoolean();

  /** Registers a codebase once more. */
  public interface Registering {
    /** What the server calls it now; null when it is not to be registered. */
    String anew(String codebaseId) throws ApiException, InterruptedException;
  }

  /**
   * How much is told.
   *
   * @param sessions of so many of a codebase's newest sessions the messages are told; 0 for none
   * @param messages so many of each, the newest; 0 for none
   */
  public record Most(int sessions, int messages) {
    boolean talk() {
      return sessions > 0 && messages > 0;
    }
  }

  private interface Deed {
    boolean on(String codebaseId) throws ApiException, InterruptedException;
  }

  /**
   * A sync that has told nothing.
   *
   * @param workerId whose sessions they are to the server
   * @param places asked at each pass
   * @param ours whether it is our own server, which takes changes alone
   * @param mask what each text passes before it leaves
   */
  public Sync(List<SessionStore> stores, SyncCalls calls, String workerId, boolean ours, Supplier<Places> places, Registering registering,
      UnaryOperator<String> mask, Most most, Clock time) {
    this.readings = new Readings(stores);
    this.telling = new Telling(calls, workerId, ours, new Fitting(mask), readings, most.messages);
    this.places = places;
    this.registering = registering;
    this.most = most;
    this.ours = ours;
    this.time = time;
    this.start = time.nanos();
  }

  /** The server has lost what it was told: the next pass tells all. Any thread. */
  public void forget() {
    forgotten.set(true);
  }

  /**
   * Tells all that has changed.
   *
   * @throws ApiException when the server as a whole cannot be told; what concerns one codebase stands in its line
   */
  public Pass pass() throws ApiException, InterruptedException {
    if (forgotten.getAndSet(false)) {
      told.clear();
      telling.forget();
    }
    var all = readings.all();
    var byCodebase = new LinkedHashMap<String, List<Found>>();
    var now = places.get();
    now.ids().forEach(id -> byCodebase.put(id, new ArrayList<>()));
    told.keySet().retainAll(byCodebase.keySet());
    problems.keySet().retainAll(byCodebase.keySet());
    lagging.retain(byCodebase.keySet());
    for (var found : all.found()) {
      var its = byCodebase.get(now.of(found.session()));
      if (its != null) {
        its.add(found);
      }
    }
    var lines = new ArrayList<Pass.Line>();
    for (var entry : lagging.last(byCodebase.entrySet(), Map.Entry::getKey)) {
      lines.add(codebase(entry.getKey(), entry.getValue(), all));
    }
    return new Pass(lines.stream().filter(Pass.Line::says).toList(), readings.problem());
  }

  private Pass.Line codebase(String id, List<Found> found, Readings.All all) throws ApiException, InterruptedException {
    var talks = most.talk() ? all.readable(found.subList(0, Math.min(most.sessions, found.size()))) : List.<Found>of();
    var matter = new Telling.Matter(found, all.whole() || overdue(found), talks);
    var tally = new Tally(id, found.size());
    lagging.failed(id); // unless it gets through
    var failure = registered(id, codebase -> tell(codebase, matter, tally));
    lagging.passed(id);
    note(id, failure);
    return tally.line(failure == null ? null : failure.line());
  }

  /** Whether a list goes to another server that lacks what could never be read: our own takes what there is as an addition. */
  private boolean overdue(List<Found> found) {
    return !ours && !found.isEmpty() && time.nanos() - start > PATIENCE.toNanos();
  }

  /** Tells of one codebase, and once more from the beginning when the server counts otherwise. */
  private boolean tell(String id, Telling.Matter matter, Tally tally) throws ApiException, InterruptedException {
    var its = told.computeIfAbsent(id, k -> new Told());
    if (telling.tell(id, its, matter, tally)) {
      return true;
    }
    LOG.info("codebase={} the server has other sessions than it was told, telling all anew", id);
    its.forget();
    if (!telling.tell(id, its, matter, tally)) {
      LOG.warn("codebase={} the server counts its sessions otherwise, although it was told all {}", id, matter.sessions().size());
      its.dispute();
    }
    return true;
  }

  /**
   * Does it; if the server does not know the codebase, or does not let us, once more after registering it.
   *
   * @return why this codebase alone could not be told; null when it was
   */
  private ApiException registered(String id, Deed deed) throws ApiException, InterruptedException {
    try {
      deed.on(id);
      return null;
    } catch (ApiException e) {
      if (!refused(e)) {
        return local(e);
      }
      forget(id, e);
      var now = anew(id, e);
      if (now == null) {
        return e;
      }
      try {
        deed.on(now);
        return null;
      } catch (ApiException again) {
        return refused(again) ? again : local(again);
      }
    }
  }

  private String anew(String id, ApiException why) throws ApiException, InterruptedException {
    LOG.info("codebase={} is registered anew, since its sessions are not taken: {}", id, why.getMessage());
    try {
      return registering.anew(id);
    } catch (ApiException e) {
      local(e);
      return null;
    }
  }

  private void forget(String id, ApiException e) {
    if (e.kind() == ApiException.Kind.MISSING) {
      told.remove(id);
    }
  }

  /** Whether it is the codebase, or who has it, that the server does not accept. */
  private static boolean refused(ApiException e) {
    return e.kind() == ApiException.Kind.MISSING || e.status() == 403;
  }

  /** What concerns one codebase only is given back, anything else thrown. */
  private static ApiException local(ApiException e) throws ApiException {
    if (e.kind().again() || e.kind() == ApiException.Kind.NO_ROUTE || e.kind() == ApiException.Kind.GONE) {
      throw e;
    }
    return e;
  }

  private void note(String id, ApiException failure) {
    var before = failure == null ? problems.remove(id) : problems.put(id, failure.line());
    if (failure != null && !failure.line().equals(before)) {
      LOG.warn("codebase={} its sessions are not taken, trying on: {}", id, failure.line());
    } else if (failure == null && before != null) {
      LOG.info("codebase={} its sessions are taken again", id);
    }
  }

  /**
   * Tells of one session that an agent works in, if it has changed.
   *
   * @return the bytes that went out; -1 when a whole pass must come first
   * @throws ApiException when the server cannot be told now
   */
  public long live(String sessionId) throws ApiException, InterruptedException {
    var found = most.talk() ? readings.one(sessionId, LIVE).orElse(null) : null;
    var id = found == null ? null : places.get().of(found.session());
    if (id == null || problems.containsKey(id)) {
      return 0; // it is not on disk yet, or the next pass tries on
    }
    var its = told.get(id);
    if (forgotten.get() || its == null || !ours && !(its.begun() && its.has(sessionId))) {
      return -1;
    }
    var tally = new Tally(id, 1);
    try {
      if (telling.tell(id, its, new Telling.Matter(List.of(found), false, List.of(found)), tally)) {
        return tally.bytes();
      }
      its.forget();
      return -1;
    } catch (ApiException e) {
      if (!refused(e)) {
        note(id, local(e));
        return 0;
      }
      forget(id, e);
      return -1;
    }
  }
}
