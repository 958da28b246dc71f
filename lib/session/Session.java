package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import lib.core.Json;

/**
 * A session of an agent CLI, without its messages; never one that a sub-agent led.
 *
 * @param kind the kind of CLI it belongs to, in the words of the setting {@code agent_kind}
 * @param directory where it was begun, absolute; it can be gone on with only there
 * @param project the CLI's own name for what it belongs to; null for none
 * @param created in UTC; null when unknown
 * @param updated in UTC, when a message or the title last changed; null when unknown
 * @param messages how many there are
 * @param summary what the CLI says of the changes made; never null
 * @param version the CLI's version that began it; null when unknown
 */
public record Session(String id, String kind, String title, Path directory, String project, Instant created, Instant updated,
    int messages, ObjectNode summary, String version) {

  /** As {@code POST …/codebases/{id}/sessions/sync} takes it. */
  public ObjectNode toJson() {
    var json = Json.object().put("id", id).put("title", title).put("directory", directory.toString()).put("project_id", project)
        .put("created", created == null ? null : created.toString()).put("updated", updated == null ? null : updated.toString())
        .put("messageCount", messages).put("version", version).put("agent_kind", kind);
    json.set("summary", summary);
    return json;
  }
}
