package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** A codebase as the server knows it, called workspace by newer ones. */
public record CodebaseInfo(String id, String name, String path, String workerId) {

  public static Optional<CodebaseInfo> read(JsonNode answer) {
    var object = Json.object(answer, "codebase", "workspace");
    var node = object.isObject() ? object : answer;
    var id = Json.text(node, "id", "codebase_id", "workspace_id");
    return id == null ? Optional.empty()
        : Optional.of(new CodebaseInfo(id, Json.text(node, "name"), Json.text(node, "path"), Json.text(node, "worker_id")));
  }
}
