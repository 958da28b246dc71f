package lib.agent.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** The short argument by which people know a tool call again: what it runs, reads, writes or looks for. */
final class ToolSummary {
  private ToolSummary() {}

  /** Of a tool's input, under the names that the CLIs' own tools use; empty when it has none of them. */
  static String of(JsonNode input) {
    var about = Json.text(input, "command", "cmd", "filePath", "file_path", "notebook_path", "path", "pattern", "url", "query",
        "description");
    return about == null ? "" : about;
  }
}
