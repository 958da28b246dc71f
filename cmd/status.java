///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.WorkerCommand;
import lib.cli.output.Amounts;
import lib.cli.output.CommandIo;
import lib.cli.output.DetailView;
import lib.core.Json;
import picocli.CommandLine;

/** {@code status}: what the worker on this machine does now. */
@CommandLine.Command(name = "status", description = "Say what the worker on this machine does, and what keeps it from working; exit 3 "
    + "when none runs.", footer = "%nExample: worker status --json")
public final class status extends WorkerCommand {
  @Override
  public Integer call() {
    var now = ask("status", Json.object());
    return print(now, view(now).format(io, "WHAT", "HOW"));
  }

  private static DetailView view(JsonNode now) {
    var view = new DetailView();
    var worker = now.path("worker");
    var server = now.path("server");
    view.field("worker", (worker.has("name") ? worker.path("name").asText() + " (" + worker.path("id").asText() + "), " : "")
        + now.path("state").asText() + (worker.has("uptime_seconds") ? " for " + time(worker, "uptime_seconds") : "") + ", process "
        + worker.path("pid").asText());
    now.path("holds").forEach(hold -> view.field("no task", hold.path("rule").asText() + ": " + hold.path("why").asText()));
    if (!now.has("server")) { // it has not answered for the first time
      now.path("problems").forEach(problem -> view.field("problem", problem.asText()));
      return view;
    }
    view.field("server", server.path("url").asText() + ", last contact " + time(server, "last_contact_seconds") + " ago");
    now.path("problems").forEach(problem -> view.field("problem", problem.asText()));
    now.path("feeds").propertyStream().forEach(feed -> view.field(feed.getKey(), (feed.getValue().path("up").asBoolean() ? "up" : "down")
        + " for " + time(feed.getValue(), "seconds")));
    view.field("slots", now.path("slots").path("taken").asText() + " of " + now.path("slots").path("most").asText() + " taken");
    now.path("running").forEach(task -> view.field(task.path("step").asText(), task.path("task_id").asText() + " for "
        + time(task, "seconds") + at(task) + (task.path("stop").isTextual() ? ", by order of " + task.path("stop").asText() : "")));
    now.path("waiting").forEach(task -> view.field("waiting", task.path("task_id").asText() + ": " + task.path("why").asText()));
    var more = now.path("waiting_count").asInt() - now.path("waiting").size();
    if (more > 0) {
      view.field("waiting", more + " more");
    }
    view.field("outbox", now.path("outbox").path("reports").asText() + " reports of " + now.path("outbox").path("attempts").asText()
        + " attempts on their way");
    var sync = now.path("session_sync");
    view.field("sessions", !sync.path("on").asBoolean() ? "not synced" : sync.path("last_seconds").isNull() ? "not synced yet"
        : sync.path("sessions").asText() + " here, synced " + time(sync, "last_seconds") + " ago");
    if (sync.path("problem").isTextual()) {
      view.field("sessions", "problem: " + sync.path("problem").asText());
    }
    now.path("quarantines").forEach(q -> view.field("quarantine", q.path("why").asText() + "; tried again in "
        + time(q, "next_try_seconds")));
    now.path("limits").forEach(l -> view.field("limit", l.path("provider").asText() + " until " + l.path("until").asText()));
    now.path("codebases").forEach(c -> view.field("codebase", c.path("name").asText() + " " + c.path("path").asText()));
    now.path("weak_locks").forEach(w -> view.field("lock", "agents of other workers may work in " + w.path("directory").asText()
        + ", too: " + w.path("why").asText()));
    var agent = now.path("agent");
    view.field("agent", agent.path("path").asText("none") + (agent.path("list_problem").isTextual() ? "; " + agent.path("list_problem").asText() : ""));
    var versions = now.path("versions");
    view.field("versions", "worker " + versions.path("worker").asText() + ", Java " + versions.path("java").asText()
        + (versions.path("agent").isTextual() ? ", agent " + versions.path("agent").asText() : ""));
    return view;
  }

  private static String at(JsonNode task) {
    return task.path("directory").isTextual() ? " in " + task.path("directory").asText() : "";
  }

  private static String time(JsonNode node, String field) {
    return Amounts.words(Duration.ofSeconds(node.path(field).asLong()));
  }

  public static void main(String[] args) {
    System.exit(new status().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
