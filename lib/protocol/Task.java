package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.core.PrintableText;

/**
 * A task, in any of the shapes that servers give it: events, list rows, single answers, with {@code codebase} or
 * {@code workspace} names. Whatever was absent is null, so that two shapes can be merged.
 *
 * @param codebaseId the codebase, {@link #GLOBAL}, {@link #PENDING}, or null when this shape does not tell
 * @param attempt our own server's fencing number, 0 elsewhere
 * @param metadata never null
 * @param raw the object as it came
 */
public record Task(String id, String codebaseId, String title, String prompt, String agentType, TaskStatus status,
    int priority, String model, String workerId, String sessionId, String result, String error, int attempt,
    Instant createdAt, JsonNode metadata, ObjectNode raw) {

  /** Whether this says all there is to know for doing it; some servers' events and rows do not. */
  public boolean whole() {
    return prompt() != null && raw().path("metadata").isObject() && raw().hasNonNull("codebase_id") && raw().hasNonNull("status");
  }

  /** The codebase id of tasks that belong to no codebase. */
  public static final String GLOBAL = "global";
  /** The codebase id of requests to register a folder. */
  public static final String PENDING = "__pending__";
  /** What an agent is asked to be when the task does not say. */
  public static final String DEFAULT_AGENT = "build";
  /** The agent types that servers know; an agent may have more of its own. */
  public static final Set<String> AGENT_TYPES = Set.of(DEFAULT_AGENT, "plan", "general", "explore", "review", "verify", "fix", "forage", "ralph",
      "swarm", "go", "coder");

  /**
   * Reads any shape; empty when it is no object or has no id. In the words that logs and tables show, what would
   * steer a terminal is shown as its code; the id stays as it is, since it is what the server knows the task by.
   */
  public static Optional<Task> read(JsonNode node) {
    var object = node.path("task").isObject() ? node.path("task") : node;
    var id = Json.text(object, "id", "task_id");
    if (!(object instanceof ObjectNode raw) || id == null) {
      return Optional.empty();
    }
    var metadata = raw.path("metadata").isTextual()
        ? Json.readObject(raw.path("metadata").asText()).orElseGet(Json::object) : raw.path("metadata");
    var modelRef = Json.text(raw, "model_ref");
    return Optional.of(new Task(id, word(Json.text(raw, "codebase_id", "workspace_id")), Json.text(raw, "title"),
        Json.text(raw, "prompt", "description"), word(Json.text(raw, "agent_type")), TaskStatus.of(Json.text(raw, "status")),
        raw.path("priority").asInt(0), modelRef != null ? modelRef : Json.text(raw, "model"),
        Json.text(raw, "worker_id"), Json.text(raw, "session_id"), Json.text(raw, "result"), Json.text(raw, "error"),
        raw.path("attempt").asInt(0), Timestamps.parse(Json.text(raw, "created_at")),
        metadata.isObject() ? metadata : Json.object(), raw));
  }

  /** This task with what it lacks taken from an earlier, thinner shape of the same task. */
  public Task filledFrom(Task hint) {
    return new Task(id, or(codebaseId, hint.codebaseId), or(title, hint.title), or(prompt, hint.prompt),
        or(agentType, hint.agentType), status, priority != 0 ? priority : hint.priority, or(model, hint.model),
        or(workerId, hint.workerId), or(sessionId, hint.sessionId), result, error, attempt,
        createdAt != null ? createdAt : hint.createdAt, metadata.isEmpty() ? hint.metadata : metadata, raw);
  }

  /** The codebase to work in: a task that names none is global. */
  public String codebase() {
    return codebaseId == null ? GLOBAL : codebaseId;
  }

  public String agent() {
    return agentType == null ? DEFAULT_AGENT : agentType;
  }

  /** A request to register a folder, by either name. */
  public boolean registration() {
    return "register_codebase".equals(agentType) || "register_workspace".equals(agentType);
  }

  /** Answered by the worker itself, without an agent and without a codebase. */
  public boolean builtin() {
    return "echo".equals(agentType) || "noop".equals(agentType);
  }

  /**
   * What tells one queueing of a task from the next: a re-queued task comes with another one, a replayed announcement
   * with the same.
   */
  public String marker() {
    return attempt + "." + metadata.path("attempts").asInt(0) + "." + Optional.ofNullable(
        Json.text(metadata, "manual_requeue_at", "last_stuck_at")).orElse("");
  }

  /** The model as {@code provider/model}, from the task or its metadata; null when the agent may choose. */
  public String modelName() {
    var name = model != null ? model : Json.text(metadata, "model_ref", "model");
    if (name == null) {
      return null;
    }
    var colon = name.indexOf(':');
    var slash = name.indexOf('/');
    // only a provider's colon is converted: in a/b:free the colon belongs to the model
    return colon > 0 && (slash < 0 || colon < slash) ? name.substring(0, colon) + "/" + name.substring(colon + 1) : name;
  }

  /** The agent session to continue, or null. */
  public String resumeSession() {
    return Json.text(metadata, "resume_session_id");
  }

  /** The agent name that alone may take it, or null. */
  public String targetAgent() {
    var own = Json.text(raw, "target_agent_name");
    return own != null ? own : Json.text(metadata, "target_agent_name");
  }

  /** The worker that alone may take it, or null. */
  public String targetWorker() {
    var own = Json.text(raw, "target_worker_id");
    return own != null ? own : Json.text(metadata, "target_worker_id");
  }

  public List<String> requiredCapabilities() {
    return Json.texts(metadata, "required_capabilities");
  }

  private static String word(String text) {
    return text == null ? null : PrintableText.of(text);
  }

  private static String or(String value, String other) {
    return value != null ? value : other;
  }
}
