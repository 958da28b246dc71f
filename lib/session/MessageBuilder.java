package lib.session;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/** Builds the newest messages of a session from pieces that each hold a part of one. The oldest ones are dropped. */
public final class MessageBuilder {
  /** Characters of all messages: a hundred messages have some hundred thousand. */
  private static final long MAX_TEXT = 16L << 20;

  private final int max;
  private final LinkedHashMap<String, Draft> drafts = new LinkedHashMap<>();
  private int count;
  private long size;

  /** A message in the making. */
  public static final class Draft {
    private final String id;
    private final String role;
    private final Instant created;
    private final List<ObjectNode> parts = new ArrayList<>();
    private final Map<String, ObjectNode> calls = new HashMap<>(); // id to state
    private long size;
    public String agent;
    public String model;
    public JsonNode tokens = MissingNode.getInstance();

    private Draft(String id, String role, Instant created) {
      this.id = id;
      this.role = role;
      this.created = created;
    }

    public boolean isAssistant() {
      return role.equals("assistant");
    }

    private Message message() {
      return new Message(id, role, created, agent, model, 0, tokens, parts);
    }
  }

  /** @param max how many messages are kept, not 0 */
  public MessageBuilder(int max) {
    this.max = max;
  }

  /** The message of this id, begun now unless it is still kept. */
  public Draft draft(String id, String role, Instant created) {
    var draft = drafts.computeIfAbsent(id, i -> {
      count++;
      return new Draft(i, role, created);
    });
    drop();
    return draft;
  }

  /** The message that was begun last; null before the first. */
  public Draft last() {
    return drafts.isEmpty() ? null : drafts.lastEntry().getValue();
  }

  /** How many messages were begun. */
  public int count() {
    return count;
  }

  public void text(Draft draft, String type, String text) {
    add(draft, type, text.length()).put("text", text);
  }

  /** Adds a tool call without its outcome. */
  public void call(Draft draft, String tool, String call, JsonNode input) {
    var part = add(draft, "tool", input.toString().length()).put("tool", tool).put("callID", call);
    var state = part.putObject("state").put("status", "running");
    state.set("input", input);
    draft.calls.put(call, state);
  }

  /** Adds the outcome to a call, unless its message was dropped. */
  public void outcome(String call, boolean isError, String output) {
    var known = drafts.sequencedValues().reversed().stream().filter(draft -> call != null && draft.calls.containsKey(call)).findFirst();
    known.ifPresent(draft -> {
      draft.calls.get(call).put("status", isError ? "error" : "completed").put(isError ? "error" : "output", output);
      grow(draft, output.length());
    });
  }

  /** Oldest first. */
  public List<Message> messages() {
    return drafts.values().stream().map(Draft::message).toList();
  }

  private ObjectNode add(Draft draft, String type, int length) {
    var part = Json.object().put("id", draft.id + "-" + draft.parts.size()).put("type", type);
    draft.parts.add(part);
    grow(draft, length);
    return part;
  }

  private void grow(Draft draft, int length) {
    draft.size += length;
    size += length;
    drop();
  }

  private void drop() {
    while (drafts.size() > max || size > MAX_TEXT && drafts.size() > 1) {
      size -= drafts.pollFirstEntry().getValue().size;
    }
  }
}
