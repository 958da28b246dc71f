package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A worker as it registers ({@code POST …/workers/register}).
 *
 * @param codebaseIds the ids known so far
 * @param globalId the id of the pseudo-codebase {@code global}, or null
 * @param models what its agent can use, as {@code provider/model}
 */
public record Registration(String workerId, String name, List<String> capabilities, String host, List<String> codebaseIds,
    String globalId, List<String> models) {

  /** The same without models. */
  public Registration(String workerId, String name, List<String> capabilities, String host, List<String> codebaseIds, String globalId) {
    this(workerId, name, capabilities, host, codebaseIds, globalId, List.of());
  }

  public ObjectNode toJson() {
    var body = Json.object().put("worker_id", workerId).put("name", name).put("hostname", host);
    body.set("capabilities", Json.array(capabilities));
    var offered = body.putArray("models");
    models.forEach(model -> offered.add(model(model)));
    body.set("codebases", Json.array(codebaseIds));
    body.set("workspaces", Json.array(codebaseIds));
    if (globalId != null) {
      body.put("global_codebase_id", globalId).put("global_workspace_id", globalId);
    }
    return body;
  }

  /** As servers show it in their lists; what a model can do, no agent's list tells. */
  private static ObjectNode model(String id) {
    var slash = id.indexOf('/');
    var provider = slash < 0 ? "" : id.substring(0, slash);
    var model = Json.object().put("id", id).put("name", id.substring(slash + 1)).put("provider", provider).put("provider_id", provider);
    model.putObject("capabilities").put("reasoning", false).put("attachment", false).put("tool_call", true);
    return model;
  }
}
