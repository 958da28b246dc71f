package lib.cli.outbox;

import module java.base;
import lib.cli.DataCommand;
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

/** What the {@code outbox} commands have in common: a worker's state folder. */
abstract class JournalCommand extends DataCommand {
  private static final Duration ANSWER = Duration.ofSeconds(2); // only for a mark in a list

  JournalCommand() {
    super(Use.CONNECT);
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

  /**
   * Changes the journal of a worker that is not running; one that runs is asked to do so. Whether there was such a report.
   *
   * @param action {@code retry} or {@code drop}
   */
  static boolean change(Path stateDir, String action, long id) throws InterruptedException {
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
      return action.equals("retry") ? journal.reports().retry(id) : journal.reports().drop(id, Clock.SYSTEM.now());
    } catch (DatabaseException e) {
      throw new Problem("the journal cannot be written", e.getMessage(), "see that its disk has room").from(e);
    }
  }

  /** The state folder of the worker that is meant: named, else the only one that runs, else the one with the default name. */
  static Path stateDir(Settings settings) {
    return ControlClient.stateDirs(settings).isEmpty() ? StateDirectory.of(settings) : ControlClient.stateDir(settings);
  }

  static Problem none(long id, Path stateDir) {
    return new Problem("report " + id + " is not there", "the journal in " + stateDir + " has none of that number that waits or was refused",
        "outbox list shows them; --name chooses another worker");
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
