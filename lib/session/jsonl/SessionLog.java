package lib.session.jsonl;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.session.MessageBuilder;
import lib.session.Session;

/** Takes the lines of a log and makes the session and its newest messages of them. */
abstract class SessionLog implements Consumer<ObjectNode> {
  final MessageBuilder messages;
  Instant created;
  Instant updated;
  /** The first line of what the user first asked. */
  String prompt;

  /** @param max how many messages are kept */
  SessionLog(int max) {
    this.messages = new MessageBuilder(max);
  }

  /** The session; null for a log that is no session of its user. */
  abstract Session session();

  /** Notes the time of a line, and gives it. */
  final Instant at(ObjectNode line) {
    var at = Timestamps.parse(Json.text(line, "timestamp"));
    created = created == null ? at : created;
    updated = at == null || updated != null && updated.isAfter(at) ? updated : at;
    return at;
  }

  /** Adds what the user said. */
  final void prompt(String id, Instant at, List<String> texts) {
    var draft = messages.draft(id, "user", at);
    texts.forEach(text -> messages.text(draft, "text", text));
    var title = Session.titleOf(String.join("\n", texts));
    prompt = prompt != null || title.isEmpty() || title.startsWith("<") ? prompt : title; // <command-name> and the like
  }

  static String or(String first, String second) {
    return first != null ? first : second;
  }
}
