package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.core.Json;

/**
 * The newest messages of a session that is read line by line, put together from lines that each tell a part. Holds so many
 * messages at most, and so much text; what goes then is the oldest. For one thread at a time.
 */
final class Turns {
  /** One message in the making. */
  static final class Turn {
    private final String id;
    private final String role;
    private final Instant created;
    private final List<ObjectNode> parts = new ArrayList<>();
    private long size;
    String model;
    JsonNode tokens = MissingNode.getInstance();

    private Turn(String id, String role, Instant created) {
      this.id = id;
      this.role = role;
      this.created = created;
    }

    boolean assistant() {
      return role.equals("assistant");
    }

    private Message message() {
      return new Message(id, role, created, null, model, 0, tokens.deepCopy(), parts.stream().map(ObjectNode::deepCopy).toList());
    }
  }

  private record Call(Turn turn, ObjectNode state) {}

  private final int most;
  private final LinkedHashMap<String, Turn> turns = new LinkedHashMap<>();
  private final Map<String, Call> calls = new HashMap<>();
  private Turn last;
  private long size;

  /** @param most messages; with 0 only the last is known, without what it says */
  Turns(int most) {
    this.most = most;
  }

  /** The message of this id, begun now unless it is still held. */
  Turn turn(String id, String role, Instant created) {
    last = turns.computeIfAbsent(id, i -> new Turn(i, role, created));
    bound();
    return last;
  }

  /** The message that was begun or gone on with last; null before the first. */
  Turn last() {
    return last;
  }

  void text(Turn turn, String type, String text) {
    add(turn, type, text.length()).put("text", text);
  }

  /** A tool call without its outcome. */
  void call(Turn turn, String tool, String call, JsonNode input) {
    var part = add(turn, "tool", input.toString().length()).put("tool", tool).put("callID", call);
    var state = part.putObject("state").put("status", "running");
    state.set("input", input);
    if (call != null && most > 0) {
      calls.put(call, new Call(turn, state));
    }
  }

  /** What came of a call; nothing when its message is not held any more. */
  void outcome(String call, boolean failed, String output) {
    var known = calls.get(call);
    if (known != null) {
      known.state.put("status", failed ? "error" : "completed").put(failed ? "error" : "output", output);
      known.turn.size += output.length();
      size += output.length();
      bound();
    }
  }

  /** Oldest first. */
  List<Message> messages() {
    return turns.values().stream().map(Turn::message).toList();
  }

  private ObjectNode add(Turn turn, String type, int length) {
    var part = Json.object().put("id", turn.id + "-" + turn.parts.size()).put("type", type);
    if (most == 0) {
      return part;
    }
    turn.parts.add(part);
    turn.size += length;
    size += length;
    bound();
    return part;
  }

  private void bound() {
    // a character is two bytes at worst
    while (turns.size() > Math.max(1, most) || size > OpenCodeFiles.LARGEST_ANSWER / 2 && turns.size() > 1) {
      var gone = turns.pollFirstEntry().getValue();
      size -= gone.size;
      calls.values().removeIf(call -> call.turn == gone);
    }
  }
}
