package lib.config;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Json;

/** What the table says to people: the manual, the example file, and the values in use. */
public final class SettingsManual {
  private SettingsManual() {}

  /** The manual's table in Markdown, one line per setting. */
  public static String markdown() {
    var text = new StringBuilder("""
        Each key of the config file is also a flag, `--key-with-dashes`, and a variable, `A2A_KEY_IN_CAPITALS`. What is yes or no has a
        second flag, `--no-key-with-dashes`. Settings marked *(reload)* act at once when the config file has changed and the worker
        gets HUP or `ctl reload`; the others need a restart. Two flags have no key: `-c`, `--config` names the config file, and
        `--test-email` of `run`, which the old worker had, is refused while there is no mail.

        | key | other names | takes | default | what it does |
        |---|---|---|---|---|
        """);
    for (var row : SettingsTable.rows()) {
      var names = row.names().stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
      text.append("| ").append(String.join(" | ", "`" + row.key() + "`", names, row.type().bounds(), row.fallback().text(), row.help()))
          .append(SettingsTable.LIVE.contains(row) ? " *(reload)*" : "").append(row.later() == null ? "" : " *(no effect yet: " + row.later() + ")*")
          .append(" |\n");
    }
    return text.toString();
  }

  /** The same as data; a contract: fields are added, never changed. */
  public static ArrayNode json() {
    var rows = Json.MAPPER.createArrayNode();
    for (var row : SettingsTable.rows()) {
      var item = rows.addObject().put("key", row.key()).put("type", row.type().name()).put("takes", row.type().bounds())
          .put("default", row.fallback().text()).put("help", row.help()).put("later", row.later()).put("reload", SettingsTable.LIVE.contains(row));
      item.set("keys", Json.array(row.keys()));
      item.set("flags", Json.array(row.flags()));
      item.set("no_flags", Json.array(row.noFlags()));
      item.set("variables", Json.array(row.variables()));
    }
    return rows;
  }

  /** config.example.json: every setting that acts and is worth seeing, with its default or a sample. */
  public static String example() {
    var root = Json.object();
    root.put("_comment", "copy to ~/.config/a2a-worker/config.json, chmod 600; './jbang worker.java config table' lists all keys");
    root.put("server_url", "https://codetether.example");
    root.put("auth_token_file", "~/.config/a2a-worker/token");
    root.put("worker_name", "my-worker");
    root.putArray("codebases").addObject().put("name", "my-project").put("path", "~/my-project")
        .put("description", "what it is, for people");
    for (var row : List.of(SettingsTable.CAPABILITIES, SettingsTable.MAX_CONCURRENT_TASKS, SettingsTable.TASK_TIMEOUT, SettingsTable.DRAIN_TIMEOUT,
        SettingsTable.POLL_INTERVAL, SettingsTable.SSE_HEARTBEAT_TIMEOUT)) {
      root.set(row.key(), defaultJson(row));
    }
    return Json.pretty(root) + "\n";
  }

  /**
   * One line per setting: key, value, origin.
   *
   * @param used by key, what is used of settings that are not given and have no fixed default
   */
  public static List<List<String>> shown(Settings settings, Map<String, String> used) {
    var lines = new ArrayList<List<String>>();
    for (var row : SettingsTable.rows()) {
      lines.add(List.of(row.key(), text(row, settings, used.get(row.key())), settings.origin(row).where()));
    }
    return lines;
  }

  /** The values in use as data, secrets masked; a contract: fields are added, never changed. */
  public static ObjectNode shownJson(Settings settings, Map<String, String> used) {
    var root = Json.object();
    for (var row : SettingsTable.rows()) {
      var item = root.putObject(row.key());
      item.set("value", value(row, settings, used.get(row.key())));
      item.put("source", settings.origin(row).source().name().toLowerCase(Locale.ROOT)).put("where", settings.origin(row).where());
    }
    return root;
  }

  private static <T> String text(Setting<T> row, Settings settings, String used) {
    var value = settings.get(row);
    return value != null ? row.type().show(value) : used != null ? used
        : row.fallback().text().isEmpty() ? "-" : "(" + row.fallback().text() + ")";
  }

  private static <T> JsonNode value(Setting<T> row, Settings settings, String used) {
    var value = settings.get(row);
    return value != null ? row.type().toJson(value) : used != null ? TextNode.valueOf(used) : NullNode.instance;
  }

  private static <T> JsonNode defaultJson(Setting<T> row) {
    return row.type().toJson(row.fallback().value().apply(null));
  }
}
