package lib.session.sync;

import module java.base;
import lib.client.http.ApiException;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.session.CodebaseMatcher;
import lib.session.Message;
import lib.session.SessionStore;
import lib.session.sync.SessionReader.Found;
import lib.session.sync.SessionReader.Snapshot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads this machine's sessions: each codebase's list, and the messages of its newest sessions, when their hash differs from
 * the last one sent. A store that cannot be read takes nothing away. For one thread at a time, except {@link #forget}.
 */
public final class SessionSync {
  private static final Logger LOG = LoggerFactory.getLogger(SessionSync.class);
  /** CLIs that name their session while they run and keep it up to date in their store. */
  private static final Set<String> LIVE = Set.of("opencode", "codetether");
  /** CLIs that people also use where they offer no codebase: such sessions stay on the machine by default. */
  private static final Set<String> PRIVATE = Set.of("claude", "codex");
  /** A locked or moved store is soon there; one that stays broken does not hold up the others' sessions for ever. */
  private static final Duration MAX_WAIT = Duration.ofMinutes(10);

  private final SessionReader reader;
  private final SessionUploader uploader;
  private final Supplier<CodebaseMatcher> codebases;
  private final Registration registration;
  private final Limits limits;
  private final Clock clock;
  private final long start;
  private final Map<String, String> problems = new HashMap<>();
  private final AtomicBoolean forgotten = new AtomicBoolean();

  /** Registers a codebase once more. */
  public interface Registration {
    /** The server's new id of it; null when it must not be registered. */
    String repeat(String codebaseId) throws ApiException, InterruptedException;
  }

  /**
   * How much goes out.
   *
   * @param sessions the messages of so many newest sessions a codebase; 0 for none
   * @param messages so many newest messages of each; 0 for none
   * @param isGlobal whether sessions of Claude Code and Codex outside every codebase go out under the global one
   */
  public record Limits(int sessions, int messages, boolean isGlobal) {
    public static Limits of(Settings settings) {
      return new Limits(settings.get(SettingsTable.SYNC_SESSIONS), settings.get(SettingsTable.SYNC_MESSAGES),
          settings.get(SettingsTable.GLOBAL_SESSIONS));
    }

    boolean hasMessages() {
      return sessions > 0 && messages > 0;
    }
  }

  /**
   * A sync that has sent nothing.
   *
   * @param stores asked at each pass
   * @param codebases asked at each pass
   */
  public SessionSync(Supplier<List<SessionStore>> stores, SessionUploader uploader, Supplier<CodebaseMatcher> codebases,
      Registration registration, Limits limits, Clock clock) {
    this.reader = new SessionReader(stores);
    this.uploader = uploader;
    this.codebases = codebases;
    this.registration = registration;
    this.limits = limits;
    this.clock = clock;
    this.start = clock.nanos();
  }

  /** Makes the next pass send everything, since the server lost it. Any thread. */
  public void forget() {
    forgotten.set(true);
  }

  /**
   * Makes a pass: uploads everything that changed. A failure of one codebase or session stops no other.
   *
   * @throws ApiException when the server cannot take anything now, or was busy for some
   */
  public SyncResult run() throws ApiException, InterruptedException {
    try {
      return pass();
    } finally {
      reader.release();
    }
  }

  private SyncResult pass() throws ApiException, InterruptedException {
    if (forgotten.getAndSet(false)) {
      uploader.retain(Set.of());
    }
    var snapshot = reader.all();
    var matcher = codebases.get();
    var byCodebase = new LinkedHashMap<String, List<Found>>();
    matcher.ids().forEach(id -> byCodebase.put(id, new ArrayList<>()));
    snapshot.found().forEach(found -> {
      var its = byCodebase.get(matcher.id(found.session()));
      if (its != null && (limits.isGlobal || !PRIVATE.contains(found.store().kind()) || matcher.find(found.session().directory()).isPresent())) {
        its.add(found);
      }
    });
    uploader.retain(byCodebase.keySet());
    problems.keySet().retainAll(byCodebase.keySet());
    var lines = new ArrayList<SyncResult.Line>();
    ApiException busy = null;
    for (var codebase : byCodebase.entrySet()) {
      var count = uploader.begin();
      var failure = upload(codebase.getKey(), codebase.getValue(), snapshot);
      note(codebase.getKey(), failure);
      busy = busy == null && failure != null && failure.kind() == ApiException.Kind.BUSY ? failure : busy;
      lines.add(new SyncResult.Line(codebase.getKey(), codebase.getValue().size(), count.leftOut, count.messages, count.requests,
          count.bytes, failure == null ? null : failure.line()));
    }
    if (busy != null) {
      throw busy;
    }
    return new SyncResult(lines.stream().filter(line -> !line.isEmpty()).toList(), reader.problem());
  }

  /** Uploads one codebase; registers it once more and repeats when the server refuses it. Returns its failure, or null. */
  private ApiException upload(String id, List<Found> found, Snapshot snapshot) throws ApiException, InterruptedException {
    try {
      return send(id, found, snapshot);
    } catch (ApiException e) {
      if (!isRefused(e)) {
        return ofCodebase(e);
      }
      LOG.info("registers codebase={} again, the server refuses its sessions: {}", id, e.getMessage());
      uploader.forget(id);
      try {
        var now = registration.repeat(id);
        return now == null ? e : send(now, found, snapshot);
      } catch (ApiException again) {
        return ofCodebase(again);
      }
    }
  }

  /** Sends the list and the messages. Returns the last failure that concerns one session, or null. */
  private ApiException send(String id, List<Found> found, Snapshot snapshot) throws ApiException, InterruptedException {
    if (snapshot.isComplete() || !found.isEmpty() && clock.nanos() - start > MAX_WAIT.toNanos()) {
      uploader.list(id, found.stream().map(Found::session).toList());
    }
    ApiException failure = null;
    for (var one : found.subList(0, limits.hasMessages() ? Math.min(limits.sessions, found.size()) : 0)) {
      if (!snapshot.failed().contains(one.store())) {
        try {
          messages(id, one);
        } catch (ApiException e) {
          if (isRefused(e)) {
            throw e;
          }
          failure = ofCodebase(e);
        }
      }
    }
    return failure;
  }

  /** Sends a session's messages; false when it must be listed first. */
  private boolean messages(String id, Found found) throws ApiException, InterruptedException {
    var isListed = uploader.isListed(id, found.session().id());
    var read = isListed ? reader.messages(found, limits.messages) : Optional.<List<Message>>empty();
    if (read.isPresent()) {
      uploader.messages(id, found.session().id(), read.get());
    }
    return isListed;
  }

  /**
   * Uploads the messages of one session that an agent works in, if they changed.
   *
   * @return the bytes that went out; -1 when a whole pass must come first
   * @throws ApiException when the server cannot take anything now
   */
  public long live(String sessionId) throws ApiException, InterruptedException {
    try {
      return session(sessionId);
    } finally {
      reader.release();
    }
  }

  private long session(String sessionId) throws ApiException, InterruptedException {
    var found = limits.hasMessages() ? reader.find(sessionId, LIVE).orElse(null) : null;
    var id = found == null ? null : codebases.get().id(found.session());
    if (id == null || problems.containsKey(id)) {
      return 0; // not on disk yet, or the next pass retries
    }
    var count = uploader.begin();
    try {
      return forgotten.get() || !messages(id, found) ? -1 : count.bytes;
    } catch (ApiException e) {
      if (isRefused(e)) {
        uploader.forget(id);
        return -1;
      }
      if (e.kind() == ApiException.Kind.BUSY) {
        throw e;
      }
      note(id, ofCodebase(e));
      return count.bytes;
    }
  }

  /** Whether the server does not know the codebase, or gives it to somebody else. */
  private static boolean isRefused(ApiException e) {
    return e.kind() == ApiException.Kind.MISSING || e.status() == 403;
  }

  /** Returns a failure that concerns one codebase or session, and throws any other. */
  private static ApiException ofCodebase(ApiException e) throws ApiException {
    if (isRefused(e) || Set.of(ApiException.Kind.BUSY, ApiException.Kind.REFUSED, ApiException.Kind.CONFLICT, ApiException.Kind.TOO_LARGE)
        .contains(e.kind())) {
      return e;
    }
    throw e;
  }

  private void note(String id, ApiException failure) {
    var before = failure == null ? problems.remove(id) : problems.put(id, failure.line());
    if (failure != null && !failure.line().equals(before)) {
      LOG.warn("server refuses sessions codebase={}, retrying at the next pass: {}", id, failure.line());
    } else if (failure == null && before != null) {
      LOG.info("server takes sessions again codebase={}", id);
    }
  }
}
