package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.core.Json;

/** How OpenCode writes sessions, messages and parts; its files and its database hold the same objects (1.0 to 1.18, measured). */
final class OpenCodeForm {
  static final String KIND = "opencode";
  /** Of a message or part: 36 bits of milliseconds, 12 of a counter, 14 letters and digits. */
  private static final Pattern ID = Pattern.compile("[a-z]{3}_([0-9a-f]{9})[0-9a-f]{3}[0-9A-Za-z]*");
  private static final long WRAP = 1L << 36; // milliseconds; 2.2 years, after which the ids begin anew
  private static final long LAST = 253_402_300_799_999L; // the year 9999: what lies after it is no time
  /** What of a part is told; the rest are hashes of snapshots and the like. */
  private static final List<String> PART = List.of("text", "tool", "callID", "state", "reason", "cost", "tokens");

  private OpenCodeForm() {}

  /** A session without its count of messages; empty for one of a sub-agent, and for what is none. */
  static Optional<Session> session(JsonNode json) {
    var id = Json.text(json, "id");
    var folder = folder(Json.text(json, "directory"));
    if (!Listing.isName(id) || folder == null || Json.text(json, "parentID") != null) {
      return Optional.empty();
    }
    var summary = Json.object();
    json.path("summary").propertyStream().filter(field -> field.getValue().isNumber()) // its diffs hold whole files
        .forEach(field -> summary.set(field.getKey(), field.getValue()));
    var time = json.path("time");
    return Optional.of(new Session(id, KIND, title(Json.text(json, "title")), folder, Json.text(json, "projectID"),
        instant(time.path("created")), instant(time.path("updated")), 0, summary, Json.text(json, "version")));
  }

  static Message message(String id, JsonNode json, List<ObjectNode> parts) {
    var model = json.path("model").isObject() ? json.path("model") : json; // a user's message has an object, an assistant's the fields
    var provider = Json.text(model, "providerID");
    var name = Json.text(model, "modelID");
    return new Message(id, json.path("role").asText("assistant"), instant(json.path("time").path("created")),
        Json.text(json, "agent", "mode"), provider != null && name != null ? provider + "/" + name : Json.text(json, "model"),
        json.path("cost").asDouble(0), Json.object(json, "tokens").deepCopy(), parts);
  }

  /** A part of its own: what is done to it does not reach what was read. */
  static ObjectNode part(String id, JsonNode json) {
    var part = Json.object().put("id", id).put("type", json.path("type").asText("unknown"));
    PART.stream().filter(json::hasNonNull).forEach(field -> part.set(field, json.get(field).deepCopy()));
    if (part.path("state").path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("output"); // the same text as state.output
    }
    return part;
  }

  static Session counted(Session session, int messages) {
    return new Session(session.id(), session.kind(), session.title(), session.directory(), session.project(), session.created(),
        session.updated(), messages, session.summary().deepCopy(), session.version());
  }

  static String title(String title) {
    return title == null || title.isBlank() ? "Untitled" : title;
  }

  /** An absolute folder, or null. */
  static Path folder(String text) {
    try {
      return text != null && text.startsWith("/") ? Path.of(text) : null;
    } catch (InvalidPathException e) {
      return null; // no session can have been begun in a folder that cannot be
    }
  }

  /** Milliseconds since 1970 as a time; null for none. */
  static Instant instant(JsonNode millis) {
    return millis.isNumber() ? instant(millis.asLong()) : null;
  }

  static Instant instant(long millis) {
    return millis > 0 && millis <= LAST ? Instant.ofEpochMilli(millis) : null;
  }

  /**
   * When the message or part of this id was made: the latest time that fits it and is not after {@code latest}. Right unless
   * a session is older than the 2.2 years after which ids repeat. Empty for an id of another form.
   */
  static Optional<Instant> made(String id, Instant latest) {
    var parts = ID.matcher(id);
    if (!parts.matches()) {
      return Optional.empty();
    }
    var back = Math.floorMod(latest.toEpochMilli() - Long.parseLong(parts.group(1), 16), WRAP);
    return Optional.of(latest.minusMillis(back));
  }
}
