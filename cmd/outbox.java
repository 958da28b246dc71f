///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.StateDirectory;
import lib.control.ControlClient;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.journal.Journal;
import lib.journal.OutboxEntry;
import lib.store.DatabaseException;
import lib.store.LockFile;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code outbox}: the reports that have not reached their server, to look at and to decide about. */
@CommandLine.Command(name = "outbox", description = "List the reports that wait or were refused, try them again, give them up.",
    footer = "%nA worker delivers what waits by itself, for as long as it takes.%n%nExample: worker outbox list")
public final class outbox extends Command {
  public outbox(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Listing(io), new Retry(io), new Drop(io));
  }

  /** What the commands below have in common: a worker's state folder. */
  abstract static class OnJournal extends Command {
    private static final Duration ANSWER = Duration.ofSeconds(2); // only for a mark in a list

    @Option(names = "--json", description = "print JSON")
    boolean json;

    OnJournal(CommandIo io) {
      super(io, Use.CONNECT);
    }

    static Path journal(Path stateDir) {
      return stateDir.resolve("journal.db");
    }

    static List<OutboxEntry> entries(Path stateDir) {
      try {
        return Journal.entries(journal(stateDir));
      } catch (DatabaseException e) {
        throw new Problem("the journal " + journal(stateDir) + " cannot be read", e.getMessage(),
            "check that it is yours; a damaged one is set aside when the worker starts").from(e);
      }
    }

    interface Change {
      boolean make(Journal journal) throws DatabaseException, InterruptedException;
    }

    /** Changes the journal of a worker that is not running; one that runs is asked to do so. Whether there was such a report. */
    final boolean change(Path stateDir, String action, long id, Change change) throws InterruptedException {
      if (LockFile.holder(stateDir.resolve("lock")).isPresent()) {
        try (var worker = ControlClient.connect(stateDir)) {
          return worker.call("outbox", Json.object().put("action", action).put("id", id)).path("ok").asBoolean();
        }
      }
      if (!Files.exists(journal(stateDir))) {
        return false;
      }
      try (var lock = LockFile.take(stateDir.resolve("lock"), "a worker", "try again");
          var journal = Journal.open(journal(stateDir))) {
        return change.make(journal);
      } catch (DatabaseException e) {
        throw new Problem("the journal cannot be written", e.getMessage(), "see that its disk has room").from(e);
      }
    }

    /** The state folder of the worker that is meant: named, else the only one that runs, else the one with the default name. */
    static Path stateDir(Settings settings) {
      return ControlClient.stateDirs(settings).isEmpty() ? StateDirectory.of(settings) : ControlClient.stateDir(settings);
    }

    static Problem none(String id, Path stateDir) {
      return new Problem("report " + id + " is not there", "the journal in " + stateDir + " has none of that number that waits or was refused",
          "outbox list shows them; --name chooses another worker");
    }

    static long number(String id) {
      if (!id.matches("\\d{1,18}")) {
        throw new Problem("'" + id + "' is no report", "reports are numbered", "take a number from outbox list").ending(Problem.Exit.USAGE);
      }
      return Long.parseLong(id);
    }

    /** What the settings' server is called in the journal; empty when they name none, or when it cannot be asked. */
    static Set<String> here(Settings settings, List<OutboxEntry> entries) throws InterruptedException {
      var server = ServerAddress.of(settings);
      if (server.url() == null) {
        return Set.of();
      }
      if (entries.stream().allMatch(entry -> entry.server().contains("://"))) {
        return Set.of(server.toString());
      }
      try {
        var info = new ApiClient(server, ANSWER).info();
        return info.serverId() == null ? Set.of(server.toString()) : Set.of(server.toString(), info.serverId());
      } catch (ApiException e) {
        return e.kind().again() ? Set.of() : Set.of(server.toString());
      }
    }
  }

  /** {@code outbox list}. */
  @CommandLine.Command(name = "list", description = "List the reports that wait or were refused, the oldest first.",
      footer = "%nExample: worker outbox list --name builder")
  static final class Listing extends OnJournal {
    Listing(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var settings = settings();
      var entries = entries(stateDir(settings));
      var here = here(settings, entries);
      if (json) {
        var all = Json.MAPPER.createArrayNode();
        entries.forEach(entry -> all.add(here.isEmpty() ? entry.toJson().putNull("elsewhere")
            : entry.toJson().put("elsewhere", !here.contains(entry.server()))));
        io.print(Json.pretty(all) + "\n");
        return Problem.Exit.DONE.code;
      }
      TextTable.fit(io, List.of("ID", "TASK", "KIND", "STATUS", "STATE", "TRIES", "AGE", "SERVER", "ERROR"), entries.stream().map(entry ->
          List.of(Long.toString(entry.id()), entry.taskId(), entry.kind(), entry.status(), entry.state(), Integer.toString(entry.tries()),
              age(entry.createdAt()), entry.server() + (here.isEmpty() || here.contains(entry.server()) ? "" : " (another)"),
              entry.error() == null ? "" : entry.error())).toList());
      return Problem.Exit.DONE.code;
    }

    private static String age(Instant made) {
      var age = Duration.between(made, Clock.SYSTEM.now());
      return age.toDays() > 0 ? age.toDays() + " d" : age.toHours() > 0 ? age.toHours() + " h" : age.toMinutes() > 0
          ? age.toMinutes() + " min" : Math.max(0, age.toSeconds()) + " s";
    }
  }

  /** {@code outbox retry}. */
  @CommandLine.Command(name = "retry", description = "Put refused reports back to those that wait.",
      footer = "%nExample: worker outbox retry --all")
  static final class Retry extends OnJournal {
    @Parameters(paramLabel = "ID", arity = "0..1", description = "the report")
    private String id;

    @Option(names = "--all", description = "every refused report that is still true")
    private boolean all;

    Retry(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      if (all == (id != null)) {
        throw new Problem("which reports is not clear", "give one number, or --all", "take a number from outbox list")
            .ending(Problem.Exit.USAGE);
      }
      var one = all ? 0 : number(id);
      var stateDir = stateDir(settings());
      var chosen = entries(stateDir).stream().filter(entry -> all ? entry.retryable() : entry.id() == one).toList();
      if (!all && chosen.isEmpty()) {
        throw none(id, stateDir);
      }
      if (!all && !chosen.getFirst().retryable()) {
        throw new Problem("report " + id + " is not tried again", chosen.getFirst().superseded()
            ? "a later attempt at its task has made it untrue" : "it waits already", "see outbox list");
      }
      for (var entry : chosen) {
        if (change(stateDir, "retry", entry.id(), journal -> journal.reports().retry(entry.id()))) {
          io.print(json ? entry.toJson().put("state", "waiting") + "\n" : entry.id() + "\t" + entry.taskId() + "\twaiting\n");
        } else if (!all) {
          throw new Problem("report " + id + " is not tried again", "the worker that runs works for another server than " + entry.server(),
              "start one for that server");
        }
      }
      return Problem.Exit.DONE.code;
    }
  }

  /** {@code outbox drop}. */
  @CommandLine.Command(name = "drop", description = "Give a report up: its server will not hear of it.",
      footer = "%nExample: worker outbox drop 12")
  static final class Drop extends OnJournal {
    @Parameters(paramLabel = "ID", description = "the report")
    private String id;

    Drop(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var one = number(id);
      var stateDir = stateDir(settings());
      if (!change(stateDir, "drop", one, journal -> journal.reports().drop(one, Clock.SYSTEM.now()))) {
        throw none(id, stateDir);
      }
      io.print(json ? Json.object().put("id", one).put("state", "dropped") + "\n" : id + "\tdropped\n");
      return Problem.Exit.DONE.code;
    }
  }

  public static void main(String[] args) {
    System.exit(new outbox(CommandIo.of(System.in, System.out, System.err)).run(args));
  }
}
