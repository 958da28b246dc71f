package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lib.client.SessionBatch;
import lib.client.SyncCalls;
import lib.client.http.ApiException;
import lib.session.Readings.Found;
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
  /**
   * A list that replaces what a server had has to go in one request, or what does not fit is gone for a moment, with its messages;
   * this is some 10,000 sessions. Not every proxy takes as much, and some just hang up.
   */
  private static final int LARGEST_LIST = 4 * LARGEST;
  private static final int LEAST = 16 << 10; // a server that takes less than this takes no agent's message either

  private final SyncCalls calls;
  private final String workerId;
  private final boolean ours;
  private final Fitting fitting;
  private final Readings readings;
  private final int maxMessages;
  private int limit = LARGEST;
  private int listLimit = LARGEST_LIST;
  private int sending; // the bytes of the last request

  /**
   * For one server.
   *
   * @param maxMessages how many messages are told of a session, the newest
   */
  Telling(SyncCalls calls, String workerId, boolean ours, Fitting fitting, Readings readings, int maxMessages) {
    this.calls = calls;
    this.workerId = workerId;
    this.ours = ours;
    this.fitting = fitting;
    this.readings = readings;
    this.maxMessages = maxMessages;
  }

  /**
   * What is to be told of.
   *
   * @param sessions in the order in which they matter
   * @param all whether these are all of the codebase, so that others are gone
   * @param talks those whose messages are to be told
   */
  record Matter(List<Found> sessions, boolean all, List<Found> talks) {}

  /** A session's messages as they go out. */
  private record Letter(List<ObjectNode> messages, int bytes, long content, Object stamp) {}

  /** The server may be another one now. */
  void forget() {
    limit = LARGEST;
    listLimit = LARGEST_LIST;
  }

  /**
   * Tells what the server does not have.
   *
   * @return false when our own server then counts otherwise than we do, so that it is to be told everything
   */
  boolean tell(String codebase, Told told, Matter matter, Tally tally) throws ApiException, InterruptedException {
    var shortened = false;
    while (true) {
      try {
        if (ours) {
          return own(codebase, told, matter, tally);
        }
        other(codebase, told, matter, tally);
        return true;
      } catch (ApiException e) { // what was taken is noted, so only the rest is told now
        if (listLimit > limit && sending > limit && (e.kind() == ApiException.Kind.TOO_LARGE || e.kind() == ApiException.Kind.UNREACHABLE)) {
          listLimit = limit;
          shortened = true;
        } else if (e.kind() == ApiException.Kind.TOO_LARGE && limit > LEAST) {
          limit = Math.max(LEAST, limit / 2);
          listLimit = limit;
          shortened = false;
          LOG.info("codebase={} the server takes no request that large, sessions go in {} bytes from now on", codebase, limit);
        } else {
          listLimit = shortened ? LARGEST_LIST : listLimit; // it was not the length: the server is just not there
          throw e;
        }
      }
    }
  }

  private boolean own(String codebase, Told told, Matter matter, Tally tally) throws ApiException, InterruptedException {
    var whole = matter.all && !told.begun();
    if (whole) {
      told.forget(); // it may have been told a part, and is to have no other now
    }
    var parcels = new Sending(codebase, told, whole, tally);
    for (var found : matter.sessions) {
      var raw = found.session().toJson();
      var content = Told.content(List.of(raw));
      if (!told.has(found.id(), content)) {
        var json = fitting.session(raw, limit - Parcel.AROUND);
        var size = Fitting.bytes(json).length;
        parcels.room(size, whole ? listLimit : limit).session(json, size, () -> {
          told.session(found.id(), content);
          tally.changed(1);
        });
      }
    }
    for (var id : gone(told, matter)) {
      parcels.room(id.length(), limit).removed(id, () -> {
        told.removed(id);
        tally.removed(1);
      });
    }
    var stamps = readings.stamps(matter.talks);
    for (var found : told.lagging().last(matter.talks, Found::id)) {
      var letter = letter(found, told, stamps.get(found.id()));
      if (letter.isPresent()) {
        var its = letter.get();
        parcels.room(told.lagging().has(found.id()) ? limit : its.bytes, limit).messages(found.id(), its.messages, its.bytes,
            () -> told.messages(found.id(), its.content, its.stamp));
      }
    }
    return parcels.end();
  }

  /** Fills requests for our own server, and sends each when it is full. */
  private final class Sending {
    private final String codebase;
    private final Told told;
    private final Tally tally;
    private Parcel parcel;
    private int count = -1;

    /** @param whole whether the server is to forget what else it has of the codebase */
    Sending(String codebase, Told told, boolean whole, Tally tally) {
      this.codebase = codebase;
      this.told = told;
      this.tally = tally;
      this.parcel = new Parcel(whole);
    }

    /** A parcel with room for so many bytes below a limit; for as many as the limit itself an empty one. */
    Parcel room(int bytes, int most) throws ApiException, InterruptedException {
      if (!parcel.fits(bytes, most)) {
        send();
      }
      return parcel;
    }

    private void send() throws ApiException, InterruptedException {
      sending = parcel.bytes();
      try {
        count = calls.sessions(codebase, parcel.batch(workerId));
      } catch (ApiException e) {
        if (e.status() == 500 || e.kind() == ApiException.Kind.REFUSED) {
          parcel.talks().forEach(told.lagging()::failed); // each goes alone at the next try
        }
        throw e;
      }
      if (parcel.whole()) {
        told.begin();
      }
      parcel.taken();
      parcel.talks().forEach(told.lagging()::passed);
      tally.sent(parcel.messageCount(), parcel.bytes());
      parcel = new Parcel(false);
    }

    /** Sends the rest; whether the server then has as many as it was told. */
    boolean end() throws ApiException, InterruptedException {
      if (!parcel.idle()) {
        send();
      }
      return count < 0 || !told.begun() || count == told.size() || told.disputed();
    }
  }

  private void other(String codebase, Told told, Matter matter, Tally tally) throws ApiException, InterruptedException {
    if (matter.all) {
      list(codebase, told, matter, tally);
    }
    if (!told.begun()) {
      return; // servers take messages of sessions only that they know
    }
    var stamps = readings.stamps(matter.talks);
    for (var found : told.lagging().last(matter.talks, Found::id)) {
      var letter = letter(found, told, stamps.get(found.id()));
      if (letter.isPresent()) {
        messages(codebase, found.id(), letter.get(), told);
        tally.sent(letter.get().messages.size(), letter.get().bytes);
      }
    }
  }

  private void messages(String codebase, String id, Letter letter, Told told) throws ApiException, InterruptedException {
    sending = letter.bytes;
    try {
      calls.messages(codebase, id, workerId, letter.messages);
    } catch (ApiException e) {
      told.lagging().failed(id);
      throw e;
    }
    told.lagging().passed(id);
    told.messages(id, letter.content, letter.stamp);
  }

  private void list(String codebase, Told told, Matter matter, Tally tally) throws ApiException, InterruptedException {
    var contents = matter.sessions.stream().mapToLong(found -> Told.content(List.of(found.session().toJson()))).toArray();
    var changed = 0;
    for (var i = 0; i < contents.length; i++) {
      changed += told.has(matter.sessions.get(i).id(), contents[i]) ? 0 : 1;
    }
    var gone = gone(told, matter);
    if (told.begun() && changed == 0 && gone.isEmpty()) {
      return;
    }
    var list = entries(matter.sessions, false, limit);
    if (list.size() < matter.sessions.size()) {
      list = entries(matter.sessions, true, listLimit);
    }
    if (told.shorten(list.size() < matter.sessions.size())) {
      LOG.warn("codebase={} the server is told of the newest {} of {} sessions: their list, which replaces what it has, goes in one "
          + "request", codebase, list.size(), matter.sessions.size());
    }
    var bytes = list.stream().mapToInt(json -> Fitting.bytes(json).length + 1).sum() + Parcel.AROUND;
    sending = bytes;
    calls.sessions(codebase, SessionBatch.whole(workerId, list));
    told.begin();
    gone.forEach(told::removed);
    for (var i = 0; i < contents.length; i++) {
      told.session(matter.sessions.get(i).id(), contents[i]);
    }
    tally.changed(changed);
    tally.removed(gone.size());
    tally.leftOut(matter.sessions.size() - list.size());
    tally.sent(0, bytes);
  }

  /** As many entries as a request of so many bytes may hold. */
  private List<ObjectNode> entries(List<Found> sessions, boolean brief, int most) {
    var list = new ArrayList<ObjectNode>();
    var room = most - Parcel.AROUND;
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
  private Optional<Letter> letter(Found found, Told told, Object stamp) throws InterruptedException {
    if (told.hasMessages(found.id(), stamp)) {
      return Optional.empty();
    }
    var read = readings.messages(found, maxMessages);
    if (read.isEmpty() || read.get().isEmpty() && !told.hasMessages(found.id())) {
      return Optional.empty();
    }
    var raw = read.get().stream().map(message -> message.toJson(found.id())).toList();
    var content = Told.content(raw);
    if (told.hasContent(found.id(), content)) {
      told.messages(found.id(), content, stamp);
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
    return Optional.of(new Letter(List.copyOf(kept), bytes, content, stamp));
  }
}
