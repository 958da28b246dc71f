///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lib.cli.DataCommand;
import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.config.Setting.Use;
import lib.control.ControlClient;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine;

/** {@code status}: what the worker on this machine does now. */
@CommandLine.Command(name = "status", description = "Say what the worker on this machine does, and what keeps it from working; exit 3 "
    + "when none runs.", footer = "%nExample: worker status --json")
public final class status extends DataCommand {
  public status() {
    super(Use.LOCAL);
  }

  @Override
  public Integer call() {
    try (var worker = ControlClient.of(settings())) {
      var now = worker.call("status", Json.object());
      if (json) {
        io.print(Json.pretty(now) + "\n");
      } else {
        print(now);
      }
    }
    return Problem.Exit.DONE.code;
  }

  private void print(JsonNode now) {
    var lines = new ArrayList<List<String>>();
    var worker = now.path("worker");
    var server = now.path("server");
    add(lines, "worker", (worker.has("name") ? worker.path("name").asText() + " (" + worker.path("id").asText() + "), " : "")
        + now.path("state").asText() + (worker.has("uptime_seconds") ? " for " + time(worker, "uptime_seconds") : "") + ", process "
        + worker.path("pid").asText());
    now.path("holds").forEach(hold -> add(lines, "no task", hold.path("rule").asText() + ": " + hold.path("why").asText()));
    if (!now.has("server")) { // it has not answered for the first time
      now.path("problems").forEach(problem -> add(lines, "problem", problem.asText()));
      TextTable.print(io, List.of("WHAT", "HOW"), lines);
      return;
    }
    add(lines, "server", server.path("url").asText() + ", last contact " + time(server, "last_contact_seconds") + " ago");
    now.path("problems").forEach(problem -> add(lines, "problem", problem.asText()));
    now.path("feeds").propertyStream().forEach(feed -> add(lines, feed.getKey(), (feed.getValue().path("up").asBoolean() ? "up" : "down")
        + " for " + time(feed.getValue(), "seconds")));
    add(lines, "slots", now.path("slots").path("taken").asText() + " of " + now.path("slots").path("most").asText() + " taken");
    now.path("running").forEach(task -> add(lines, task.path("step").asText(), task.path("task_id").asText() + " for "
        + time(task, "seconds") + at(task) + (task.path("stop").isTextual() ? ", by order of " + task.path("stop").asText() : "")));
    now.path("waiting").forEach(task -> add(lines, "waiting", task.path("task_id").asText() + ": " + task.path("why").asText()));
    var more = now.path("waiting_count").asInt() - now.path("waiting").size();
    if (more > 0) {
      add(lines, "waiting", more + " more");
    }
    add(lines, "outbox", now.path("outbox").path("reports").asText() + " reports of " + now.path("outbox").path("attempts").asText()
        + " attempts on their way");
    var sync = now.path("session_sync");
    add(lines, "sessions", !sync.path("on").asBoolean() ? "not synced" : sync.path("last_seconds").isNull() ? "not synced yet"
        : sync.path("sessions").asText() + " here, synced " + time(sync, "last_seconds") + " ago");
    if (sync.path("problem").isTextual()) {
      add(lines, "sessions", "problem: " + sync.path("problem").asText());
    }
    now.path("quarantines").forEach(q -> add(lines, "quarantine", q.path("why").asText() + "; tried again in "
        + time(q, "next_try_seconds")));
    now.path("limits").forEach(l -> add(lines, "limit", l.path("provider").asText() + " until " + l.path("until").asText()));
    now.path("codebases").forEach(c -> add(lines, "codebase", c.path("name").asText() + " " + c.path("path").asText()));
    now.path("weak_locks").forEach(w -> add(lines, "lock", "agents of other workers may work in " + w.path("directory").asText()
        + ", too: " + w.path("why").asText()));
    add(lines, "agent", now.path("agent").path("path").asText("none"));
    var versions = now.path("versions");
    add(lines, "versions", "worker " + versions.path("worker").asText() + ", Java " + versions.path("java").asText()
        + (versions.path("agent").isTextual() ? ", agent " + versions.path("agent").asText() : ""));
    TextTable.print(io, List.of("WHAT", "HOW"), lines);
  }

  private static String at(JsonNode task) {
    return task.path("directory").isTextual() ? " in " + task.path("directory").asText() : "";
  }

  private static void add(List<List<String>> lines, String what, String how) {
    lines.add(List.of(what, how));
  }

  private static String time(JsonNode node, String field) {
    var time = Duration.ofSeconds(node.path(field).asLong());
    return time.toDays() > 0 ? time.toDays() + " d " + time.toHoursPart() + " h" : time.toHours() > 0 ? time.toHours() + " h "
        + time.toMinutesPart() + " min" : time.toMinutes() > 0 ? time.toMinutes() + " min " + time.toSecondsPart() + " s" : time.toSeconds() + " s";
  }

  public static void main(String[] args) {
    System.exit(new status().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
