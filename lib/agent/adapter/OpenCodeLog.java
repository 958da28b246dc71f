package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/**
 * What OpenCode writes to stderr: its log's errors, in the forms of 1.0 and of 1.18, and traces. The log tells what its events
 * do not: that a provider refuses and is tried again, that a model is not known. What versions up to 1.1 print before they hang
 * for ever is known here, too.
 */
final class OpenCodeLog {
  private static final Pattern OLD = Pattern.compile("(ERROR|WARN|INFO|DEBUG) +\\d{4}-\\d\\d-\\d\\dT\\S+ \\+\\d+ms ");
  private static final Pattern NEW = Pattern.compile("timestamp=\\S+ level=[A-Z]+ ");
  private static final Pattern REFUSED = Pattern.compile("error\\.error=\"(?:AI_APICallError: )?((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern NO_MODEL = Pattern.compile("ProviderModelNotFoundError: (Model not found: [^\"\\\\]*)");
  private static final String OLD_NO_MODEL = "ProviderModelNotFoundError: ProviderModelNotFoundError";
  /** It would work as another agent type than it was asked for, which may write where the other would only read. */
  private static final Pattern FALLS_BACK = Pattern.compile("!? *(agent \".*\" .*)\\. Falling back to default agent");
  private static final String OLD_NO_AGENT = "(evaluating 'agent.name')";
  private static final String CALL = "error={\"error\":{\"name\":\"AI_APICallError\"";

  private OpenCodeLog() {}

  /** One line, without colours. */
  static AgentEvent read(String line) {
    if (line.startsWith(OLD_NO_MODEL)) {
      return new AgentEvent.Retrying("the agent does not know the model");
    }
    if (line.contains(OLD_NO_AGENT)) {
      return new AgentEvent.Hung("agent-error", "the agent does not know this agent type");
    }
    var fallsBack = FALLS_BACK.matcher(line);
    if (fallsBack.matches()) {
      return new AgentEvent.Hung("agent-error", "the agent does not know this agent type: " + fallsBack.group(1));
    }
    if (OLD.matcher(line).lookingAt()) {
      return old(line);
    }
    if (!NEW.matcher(line).lookingAt()) {
      return new AgentEvent.RawLine(line);
    }
    var model = NO_MODEL.matcher(line);
    var refused = REFUSED.matcher(line);
    return model.find() ? new AgentEvent.Retrying(model.group(1)) : refused.find() ? new AgentEvent.Retrying(refused.group(1).replace("\\\"", "\""))
        : new AgentEvent.Ignored();
  }

  /** The line holds all that was sent to the provider, as one JSON object; the log's own words follow it. */
  private static AgentEvent old(String line) {
    var from = line.indexOf(CALL);
    var to = line.lastIndexOf('}');
    return from < 0 ? new AgentEvent.Ignored() : Json.readObject(line.substring(from + "error=".length(), to + 1))
        .<AgentEvent>map(object -> new AgentEvent.Retrying(refusal(object.path("error")))).orElseGet(AgentEvent.Ignored::new);
  }

  private static AgentEvent.AgentError refusal(JsonNode error) {
    var said = Json.text(error.path("data").path("error"), "message");
    var status = error.path("statusCode").asInt(0);
    var message = said != null ? said : "the provider could not be asked";
    return new AgentEvent.AgentError(status == 0 ? message : message + " (HTTP status " + status + ")", status, OpenCode.detail(error));
  }
}
