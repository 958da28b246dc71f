package lib.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lib.config.Json;

/**
 * A worker as it registers ({@code POST …/workers/register}).
 *
 * @param codebaseIds the ids known so far
 * @param globalId the id of the pseudo-codebase {@code global}, or null
 */
public record Registration(String workerId, String name, List<String> capabilities, String host, List<String> codebaseIds,
    String globalId) {

  ObjectNode toJson() {
    var body = Json.object().put("worker_id", workerId).put("name", name).put("hostname", host);
    body.set("capabilities", Json.array(capabilities));
    body.putArray("models");
    body.set("codebases", Json.array(codebaseIds));
    body.set("workspaces", Json.array(codebaseIds));
    if (globalId != null) {
      body.put("global_codebase_id", globalId).put("global_workspace_id", globalId);
    }
    return body;
  }
}
