package lib.session.opencode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.StoreFiles;

/** OpenCode's objects, the same in its files and its databases. Measured on 1.0 to 1.18. */
final class OpenCodeFormat {
  static final String KIND = "opencode";
  /** Bytes that one answer reads at most: a hundred messages have some hundred kilobytes. */
  static final long MAX_ANSWER = 32L << 20;
  /** Bytes of a message or part: a user's message holds the files that its answer changed. */
  static final int MAX_PIECE = 16 << 20;
  static final Comparator<Message> OLDEST_FIRST =
      Comparator.comparing(Message::created, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Message::id);
  /** Of a message or part: 36 bits of milliseconds, 12 of a counter, 14 letters and digits. */
  private static final Pattern ID = Pattern.compile("[a-z]{3}_([0-9a-f]{9})[0-9a-f]{3}[0-9A-Za-z]*");
  private static final long WRAP = 1L << 36; // milliseconds; after 2.2 years the ids start again
  private static final long MAX_MILLIS = 253_402_300_799_999L; // the end of the year 9999
  /** The fields of a part that are sent. The others are hashes of snapshots and the like. */
  private static final List<String> PART = List.of("text", "tool", "callID", "state", "reason", "cost", "tokens");

  private OpenCodeFormat() {}

  /** Empty for a session of a sub-agent, and for JSON that is no session. */
  static Optional<Session> session(JsonNode json, int messages) {
    var id = Json.text(json, "id");
    var folder = StoreFiles.folder(Json.text(json, "directory"));
    if (!StoreFiles.isName(id) || folder == null || Json.text(json, "parentID") != null) {
      return Optional.empty();
    }
    var summary = Json.object();
    json.path("summary").propertyStream().filter(field -> field.getValue().isNumber()) // its diffs hold whole files
        .forEach(field -> summary.set(field.getKey(), field.getValue()));
    var time = json.path("time");
    return Optional.of(new Session(id, KIND, Session.title(Json.text(json, "title")), folder, Json.text(json, "projectID"),
        instant(time.path("created")), instant(time.path("updated")), messages, summary, Json.text(json, "version")));
  }

  static Message message(String id, JsonNode json, List<ObjectNode> parts) {
    var model = json.path("model").isObject() ? json.path("model") : json; // an object in the user's messages, fields in the agent's
    var provider = Json.text(model, "providerID");
    var name = Json.text(model, "modelID");
    var all = new ArrayList<>(parts);
    error(json.path("error")).ifPresent(text -> all.add(Json.object().put("id", id + "-error").put("type", "text").put("text", text)));
    return new Message(id, json.path("role").asText("assistant"), instant(json.path("time").path("created")),
        Json.text(json, "agent", "mode"), provider != null && name != null ? provider + "/" + name : Json.text(json, "model"),
        json.path("cost").asDouble(0), Json.object(json, "tokens"), all);
  }

  /** The sentence of an error that ended the model's turn. */
  private static Optional<String> error(JsonNode error) {
    var sentence = Json.text(error.path("data"), "message");
    return Optional.ofNullable(sentence != null && !sentence.isBlank() ? sentence : Json.text(error, "message", "name"));
  }

  static ObjectNode part(String id, JsonNode json) {
    var part = Json.object().put("id", id).put("type", json.path("type").asText("unknown"));
    PART.stream().filter(json::hasNonNull).forEach(field -> part.set(field, json.get(field)));
    if (part.path("state").path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("output"); // the same text as state.output
    }
    return part;
  }

  private static Instant instant(JsonNode millis) {
    return millis.isNumber() ? instant(millis.asLong()) : null;
  }

  /** The time of these milliseconds since 1970; null for none. */
  static Instant instant(long millis) {
    return millis > 0 && millis <= MAX_MILLIS ? Instant.ofEpochMilli(millis) : null;
  }

  /**
   * When the message or part of this id was made: the latest time that fits and is not after {@code latest}. Wrong only for
   * sessions older than 2.2 years, after which ids repeat. Empty for an id of another form.
   */
  static Optional<Instant> created(String id, Instant latest) {
    var parts = ID.matcher(id);
    if (!parts.matches()) {
      return Optional.empty();
    }
    var back = Math.floorMod(latest.toEpochMilli() - Long.parseLong(parts.group(1), 16), WRAP);
    return Optional.of(latest.minusMillis(back));
  }
}
