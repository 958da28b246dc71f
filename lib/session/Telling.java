package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lib.config.Time;
import lib.session.Readings.Found;
import lib.wire.CallFailed;
import lib.wire.SessionBatch;
import lib.wire.SyncCalls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a server of one codebase's sessions: only what has changed, in as few requests as may be of their size. Our own server
 * takes any changes in one request. Another one takes the list as a whole, since what it gets replaces what it had, and the
 * messages of each session on their own. For one thread at a time.
 */
final class Telling {
  private static final Logger LOG = LoggerFactory.getLogger(Telling.class);
  /** Proxies take 1 MB unless told otherwise; what is less spares both sides' memory. */
  static final int LARGEST = 1_000_000;
  /** A message that is there changes while its tools run; a session that got no message for so long is not read again until it does. */
  private static final Duration SETTLED = Duration.ofHours(1);
  private static final int LEAST = 16 << 10; // a server that takes less than this takes no agent's message either

  private final SyncCalls calls;
  private final String workerId;
  private final boolean ours;
  private final Fitting fitting;
  private final Readings readings;
  private final int maxMessages;
  private final Time time;
  private int limit = LARGEST;

  /**
   * For one server.
   *
   * @param maxMessages how many messages are told of a session, the newest
   */
  Telling(SyncCalls calls, String workerId, boolean ours, Fitting fitting, Readings readings, int maxMessages,
      Time time) {
    this.calls = calls;
    this.workerId = workerId;
    this.ours = ours;
    this.fitting = fitting;
    this.readings = readings;
    this.maxMessages = maxMessages;
    this.time = time;
  }

  /**
   * What is to be told of.
   *
   * @param sessions in the order in which they matter
   * @param all whether these are all of the codebase
   * @param talks those whose messages are to be told
   * @param failed stores whose sessions are not known to be gone
   */
  record Matter(List<Found> sessions, boolean all, List<Found> talks, Set<SessionStore> failed) {}

  /** A session's messages as they go out. */
  private record Letter(List<ObjectNode> messages, int bytes, long content) {}

  /** The server may be another one now. */
  void forget() {
    limit = LARGEST;
  }

  /**
   * Tells what the server does not have.
   *
   * @return false when our own server then counts otherwise than we do, so that it is to be told everything
   */
  boolean tell(String codebase, Told told, Matter matter, Tally tally) throws CallFailed, InterruptedException {
    while (true) {
      try {
        if (ours) {
          return own(codebase, told, matter, tally);
        }
        other(codebase, told, matter, tally);
        return true;
      } catch (CallFailed e) {
        if (e.kind() != CallFailed.Kind.TOO_LARGE || limit == LEAST) {
          throw e;
        }
        limit = Math.max(LEAST, limit / 2); // what was taken is noted, so only the rest is told in smaller requests
        LOG.info("codebase={} the server takes no request that large, sessions go in {} bytes from now on", codebase, limit);
      }
    }
  }

  private boolean own(String codebase, Told told, Matter matter, Tally tally) throws CallFailed, InterruptedException {
    var sending = new Sending(codebase, told, tally);
    for (var found : matter.sessions) {
      var raw = found.session().toJson();
      var content = Told.content(List.of(raw));
      if (!told.has(found.id(), content)) {
        var json = fitting.session(raw, limit - Parcel.AROUND);
        var size = Fitting.bytes(json).length;
        sending.room(size).session(json, size, () -> {
          told.session(found.id(), found.store(), content);
          tally.changed(1);
        });
      }
    }
    for (var id : gone(told, matter)) {
      if (!matter.failed.contains(told.store(id))) {
        sending.room(id.length()).removed(id, () -> {
          told.removed(id);
          tally.removed(1);
        });
      }
    }
    for (var found : matter.talks) {
      var letter = letter(found, told);
      if (letter.isPresent()) {
        var its = letter.get();
        sending.room(its.bytes).messages(found.id(), its.messages, its.bytes, () -> told.messages(found.session(), its.content));
      }
    }
    return sending.end();
  }

  /** Fills requests for our own server, and sends each when it is full. */
  private final class Sending {
    private final String codebase;
    private final Told told;
    private final Tally tally;
    private Parcel parcel;
    private int count = -1;

    Sending(String codebase, Told told, Tally tally) {
      this.codebase = codebase;
      this.told = told;
      this.tally = tally;
      this.parcel = new Parcel(!told.begun());
    }

    Parcel room(int bytes) throws CallFailed, InterruptedException {
      if (!parcel.fits(bytes, limit)) {
        send();
      }
      return parcel;
    }

    private void send() throws CallFailed, InterruptedException {
      count = calls.sessions(codebase, parcel.batch(workerId));
      told.begin();
      parcel.taken();
      tally.sent(parcel.messageCount(), parcel.bytes());
      parcel = new Parcel(false);
    }

    /** Sends the rest; whether the server then has as many as it was told. */
    boolean end() throws CallFailed, InterruptedException {
      if (!parcel.empty()) {
        send();
      }
      return count < 0 || count == told.size() || told.disputed();
    }
  }

  private void other(String codebase, Told told, Matter matter, Tally tally) throws CallFailed, InterruptedException {
    if (matter.all) {
      list(codebase, told, matter, tally);
    }
    for (var found : matter.talks) {
      var letter = letter(found, told);
      if (letter.isPresent()) {
        calls.messages(codebase, found.id(), workerId, letter.get().messages);
        told.messages(found.session(), letter.get().content);
        tally.sent(letter.get().messages.size(), letter.get().bytes);
      }
    }
  }

  private void list(String codebase, Told told, Matter matter, Tally tally) throws CallFailed, InterruptedException {
    var contents = matter.sessions.stream().mapToLong(found -> Told.content(List.of(found.session().toJson()))).toArray();
    var changed = 0;
    for (var i = 0; i < contents.length; i++) {
      changed += told.has(matter.sessions.get(i).id(), contents[i]) ? 0 : 1;
    }
    var gone = gone(told, matter);
    if (changed == 0 && gone.isEmpty() || gone.stream().anyMatch(id -> matter.failed.contains(told.store(id)))) {
      return; // a list without what cannot be read now would take it away at the server
    }
    var list = entries(matter.sessions, false);
    if (list.size() < matter.sessions.size()) {
      list = entries(matter.sessions, true);
    }
    if (told.shorten(list.size() < matter.sessions.size())) {
      LOG.warn("codebase={} the server is told of the newest {} of {} sessions: their list, which replaces what it has, goes in one "
          + "request", codebase, list.size(), matter.sessions.size());
    }
    calls.sessions(codebase, SessionBatch.whole(workerId, list));
    told.begin();
    gone.forEach(told::removed);
    for (var i = 0; i < contents.length; i++) {
      told.session(matter.sessions.get(i).id(), matter.sessions.get(i).store(), contents[i]);
    }
    tally.changed(changed);
    tally.removed(gone.size());
    tally.sent(0, list.stream().mapToLong(json -> Fitting.bytes(json).length + 1).sum() + Parcel.AROUND);
  }

  /** As many entries as a request may hold. */
  private List<ObjectNode> entries(List<Found> sessions, boolean brief) {
    var list = new ArrayList<ObjectNode>();
    var room = limit - Parcel.AROUND;
    for (var found : sessions) {
      var raw = found.session().toJson();
      if (brief) {
        raw.putObject("summary");
      }
      var json = fitting.session(raw, limit - Parcel.AROUND);
      room -= Fitting.bytes(json).length + 1;
      if (room < 0) {
        break;
      }
      list.add(json);
    }
    return list;
  }

  /** What the server has and the stores have not; nothing when only some are told of. */
  private static Set<String> gone(Told told, Matter matter) {
    if (!matter.all) {
      return Set.of();
    }
    var gone = new HashSet<>(told.ids());
    gone.removeAll(matter.sessions.stream().map(Found::id).collect(Collectors.toSet()));
    return gone;
  }

  /** The newest messages that fit into a request, oldest first; empty when the server has them, or they cannot be read. */
  private Optional<Letter> letter(Found found, Told told) throws InterruptedException {
    var session = found.session();
    if (told.hasMessages(session) && session.updated().plus(SETTLED).isBefore(time.now())) {
      return Optional.empty();
    }
    var read = readings.messages(found, maxMessages);
    if (read.isEmpty() || read.get().isEmpty() && !told.hasMessages(found.id())) {
      return Optional.empty();
    }
    var raw = read.get().stream().map(message -> message.toJson(found.id())).toList();
    var content = Told.content(raw);
    if (told.hasMessages(found.id(), content)) {
      told.messages(session, content);
      return Optional.empty();
    }
    var kept = new ArrayDeque<ObjectNode>();
    var bytes = 0;
    for (var message : raw.reversed()) {
      var json = fitting.message(message, limit - 2 * Parcel.AROUND);
      var size = Fitting.bytes(json).length + 1;
      if (bytes + size > limit - Parcel.AROUND) {
        LOG.debug("session={} its newest {} of {} messages fit into a request", found.id(), kept.size(), raw.size());
        break;
      }
      kept.addFirst(json);
      bytes += size;
    }
    return Optional.of(new Letter(List.copyOf(kept), bytes, content));
  }
}
