package lib.control;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.config.Settings;
import lib.config.StateDirectory;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.TaskStatus;
import lib.store.LockFile;

/**
 * A task whose agent a worker of this user runs on this machine, found by its files, so that no server is needed.
 *
 * @param stateDir that worker's state folder
 */
public record LocalAttempt(Path stateDir, AttemptDirectory attempt) {

  /**
   * The task with this id.
   *
   * @throws Problem when no worker runs it, ending with {@link Problem.Exit#NO_WORKER} when one began it that is no more
   */
  public static LocalAttempt running(String id, Settings settings) throws IOException {
    Path left = null;
    for (var stateDir : stateDirs(settings)) {
      var attempt = AttemptDirectory.latest(stateDir, id);
      if (attempt.isPresent() && !Files.exists(attempt.get().file("closing"))) {
        if (LockFile.holder(stateDir.resolve("lock")).isPresent()) {
          return new LocalAttempt(stateDir, attempt.get());
        }
        left = stateDir;
      }
    }
    throw left == null
        ? new Problem("no worker on this machine runs task " + id, "no state folder holds a running attempt at it",
            "look where it runs: tasks show " + id)
        : new Problem("no worker runs that could cancel task " + id, "that of " + left + ", which began it, has ended",
            "start it again: run --state-dir " + left).ending(Problem.Exit.NO_WORKER);
  }

  /**
   * The files of the newest attempt at this task on this machine, of whichever worker of this user, running or not.
   *
   * @throws Problem when there are none, or none any more
   */
  public static AttemptDirectory last(String id, Settings settings) throws IOException {
    for (var stateDir : stateDirs(settings)) {
      var attempt = AttemptDirectory.latest(stateDir, id);
      if (attempt.isPresent() && Files.exists(attempt.get().file("out"))) {
        return attempt.get();
      }
    }
    throw new Problem("there is nothing here of an agent for task " + id, "no worker of yours on this machine ran one, or its files were "
        + "removed by age or size", "look where it ran: tasks show " + id);
  }

  private static List<Path> stateDirs(Settings settings) {
    return Stream.concat(Stream.of(StateDirectory.of(settings)), StateDirectory.existing(settings.env()).stream()).distinct().toList();
  }

  /** Asks the worker to cancel it; {@code reason} may be null. */
  public void cancel(String id, String reason) {
    try (var worker = ControlClient.connect(stateDir)) {
      worker.call("cancel", Json.object().put("task_id", id).put("reason", reason));
    }
  }

  /** How it ended; empty while it has not. */
  public Optional<TaskStatus> ended() throws IOException {
    var closing = attempt.file("closing");
    return Files.exists(closing) ? Optional.of(TaskStatus.of(Files.readString(closing).split(" ", 3)[1])) : Optional.empty();
  }
}
