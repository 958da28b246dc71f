package lib.session;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A session of an agent CLI, without its messages; never one of a sub-agent.
 *
 * @param kind the kind of CLI, as in the setting {@code agent_kind}
 * @param directory where it began, absolute; the CLI can resume it only there
 * @param project the CLI's name for its project; null for none
 * @param created in UTC; null when unknown
 * @param updated in UTC, when a message or the title last changed; null when unknown
 * @param messages how many it has
 * @param summary the CLI's summary of its changes; never null
 * @param version the CLI's version that began it; null when unknown
 */
public record Session(String id, String kind, String title, Path directory, String project, Instant created, Instant updated,
    int messages, ObjectNode summary, String version) {
  /** The session that was updated last comes last. */
  public static final Comparator<Session> BY_UPDATE =
      Comparator.comparing(Session::updated, Comparator.nullsFirst(Comparator.naturalOrder()));
  private static final int MAX_TITLE = 100; // what a list shows
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");

  /** Whether an id can be part of a path: it has no dots and no slashes. */
  public static boolean isName(String id) {
    return id != null && NAME.matcher(id).matches();
  }

  /** An absolute folder that a session names; null when it names none. */
  public static Path folder(String text) {
    try {
      return text != null && text.startsWith("/") ? Path.of(text) : null;
    } catch (InvalidPathException e) {
      return null; // no agent can have worked there
    }
  }

  /** A session's title, which it may lack. */
  public static String title(String title) {
    return title == null || title.isBlank() ? "Untitled" : title;
  }

  /** Makes a title of the user's first prompt: its first line, cut between words, so that no secret is cut in two. */
  public static String titleOf(String prompt) {
    var line = prompt.strip().lines().findFirst().orElse("");
    if (line.length() <= MAX_TITLE) {
      return line;
    }
    var end = line.lastIndexOf(' ', MAX_TITLE);
    return end > 0 ? line.substring(0, end) + " …" : "";
  }

  public Session with(String otherTitle, int number) {
    return new Session(id, kind, otherTitle, directory, project, created, updated, number, summary, version);
  }

  /** As {@code POST …/codebases/{id}/sessions/sync} takes it. */
  public ObjectNode toJson() {
    var json = Json.object().put("id", id).put("title", title).put("directory", directory.toString()).put("project_id", project)
        .put("created", created == null ? null : created.toString()).put("updated", updated == null ? null : updated.toString())
        .put("messageCount", messages).put("version", version).put("agent_kind", kind);
    json.set("summary", summary);
    return json;
  }
}
