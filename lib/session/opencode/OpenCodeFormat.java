package lib.session.opencode;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;

/** OpenCode's objects, the same in its files and its databases. Measured on 1.0 to 1.18. */
final class OpenCodeFormat {
  static final String KIND = "opencode";
  /** Bytes that one answer reads at most: a hundred messages have some hundred kilobytes. */
  private static final long MAX_ANSWER = 32L << 20;
  /** Bytes of a message or part: a user's message holds the files that its answer changed. */
  static final int MAX_PIECE = 16 << 20;
  private static final Comparator<Message> OLDEST_FIRST =
      Comparator.comparing(Message::created, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Message::id);
  /** Of a message or part: 36 bits of milliseconds, 12 of a counter, 14 letters and digits. */
  private static final Pattern ID = Pattern.compile("[a-z]{3}_([0-9a-f]{9})[0-9a-f]{3}[0-9A-Za-z]*");
  private static final long WRAP = 1L << 36; // milliseconds; after 2.2 years the ids start again
  private static final long MAX_MILLIS = 253_402_300_799_999L; // the end of the year 9999
  /** The fields of a part that are sent. The others are hashes of snapshots and the like. */
  private static final List<String> PART = List.of("text", "tool", "callID", "state", "reason", "cost", "tokens");

  private OpenCodeFormat() {}

  /** Null for a session of a sub-agent, and for JSON that is no session. */
  static Session session(JsonNode json, int messages) {
    var id = Json.text(json, "id");
    var folder = Session.folder(Json.text(json, "directory"));
    if (!Session.isName(id) || folder == null || Json.text(json, "parentID") != null) {
      return null;
    }
    var summary = Json.object();
    json.path("summary").propertyStream().filter(field -> field.getValue().isNumber()) // its diffs hold whole files
        .forEach(field -> summary.set(field.getKey(), field.getValue()));
    var time = json.path("time");
    return new Session(id, KIND, Session.title(Json.text(json, "title")), folder, Json.text(json, "projectID"),
        instant(time.path("created")), instant(time.path("updated")), messages, summary, Json.text(json, "version"));
  }

  /** A message or a part as it is stored. @param size in bytes or so */
  record Piece(String id, JsonNode json, int size) {}

  /** Finds the parts of a message, in their order. */
  interface Parts<E extends Exception> {
    List<Piece> of(Piece message) throws E;
  }

  /** Makes messages, as many as one answer holds, oldest first. */
  static <E extends Exception> List<Message> messages(List<Piece> newestFirst, Parts<E> parts) throws E {
    var messages = new ArrayList<Message>();
    var size = 0L;
    for (var piece : newestFirst) {
      var its = parts.of(piece);
      size += piece.size + its.stream().mapToLong(Piece::size).sum();
      if (size > MAX_ANSWER && !messages.isEmpty()) {
        break;
      }
      messages.add(message(piece.id, piece.json, its));
    }
    messages.sort(OLDEST_FIRST);
    return messages;
  }

  private static Message message(String id, JsonNode json, List<Piece> parts) {
    var model = json.path("model").isObject() ? json.path("model") : json; // an object in the user's messages, fields in the agent's
    var provider = Json.text(model, "providerID");
    var name = Json.text(model, "modelID");
    var all = new ArrayList<>(parts.stream().map(OpenCodeFormat::part).toList());
    var error = Json.text(json.path("error").path("data"), "message");
    error = error != null && !error.isBlank() ? error : Json.text(json.path("error"), "message", "name");
    if (error != null) { // it ended the model's turn
      all.add(Json.object().put("id", id + "-error").put("type", "text").put("text", error));
    }
    return new Message(id, json.path("role").asText("assistant"), instant(json.path("time").path("created")),
        Json.text(json, "agent", "mode"), provider != null && name != null ? provider + "/" + name : Json.text(json, "model"),
        json.path("cost").asDouble(0), Json.object(json, "tokens"), all);
  }

  private static ObjectNode part(Piece piece) {
    var part = Json.object().put("id", piece.id).put("type", piece.json.path("type").asText("unknown"));
    PART.stream().filter(piece.json::hasNonNull).forEach(field -> part.set(field, piece.json.get(field)));
    if (part.path("state").path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("output"); // the same text as state.output
    }
    return part;
  }

  /** The time of these milliseconds since 1970; null for none. */
  private static Instant instant(JsonNode millis) {
    return millis.isNumber() && millis.asLong() > 0 && millis.asLong() <= MAX_MILLIS ? Instant.ofEpochMilli(millis.asLong()) : null;
  }

  /**
   * How long before {@code latest} the message or part of this id was made, in milliseconds. Wrong only for sessions older than
   * 2.2 years, after which ids repeat. An id of another form is as old as can be.
   */
  static long age(String id, Instant latest) {
    var parts = ID.matcher(id);
    return parts.matches() ? Math.floorMod(latest.toEpochMilli() - Long.parseLong(parts.group(1), 16), WRAP) : WRAP;
  }
}
