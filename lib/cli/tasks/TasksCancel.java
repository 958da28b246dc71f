package lib.cli.tasks;

import module java.base;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.control.LocalAttempt;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.TaskStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tasks cancel}. */
@Command(name = "cancel", description = "Cancel a task, and say what has become of it; exit 0 if it is cancelled.",
    footer = "%nExample: worker tasks cancel --reason \"no longer needed\" 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class TasksCancel extends TaskCommand {
  /** A polite agent is gone at once, the worst after 11 s, and its report follows. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  /** Longer than that without a word, and a person wonders whether anything happens. */
  private static final Duration SILENCE = Duration.ofSeconds(2);
  private static final Duration LOOK = Duration.ofMillis(200);

  @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the report")
  private String reason;

  @Option(names = "--here", description = "ask the worker on this machine that runs it, not the server; exit 3 when that does not "
      + "run; with --json: id, status")
  private boolean here;

  @Override
  public Integer call() throws Exception {
    if (here) {
      return cancelHere();
    }
    var client = client();
    var isOurs = isOurs(client);
    var task = task(client);
    if (!task.status().terminal()) {
      cancel(client);
      task = isOurs ? await(() -> task(client), seen -> seen.status().terminal()) : task(client);
    }
    print(task);
    return outcome(task.status(), task.workerId(), isOurs);
  }

  /** Whether the server tells its workers to stop; one that says nothing of itself does not. */
  private static boolean isOurs(ApiClient client) throws InterruptedException {
    try {
      return client.info().ours();
    } catch (ApiException e) {
      return false;
    }
  }

  private void cancel(ApiClient client) throws InterruptedException {
    try {
      about(client, () -> {
        client.cancel(id, reason);
        return null;
      });
    } catch (Problem e) {
      if (!task(client).status().terminal()) { // else it ended in between
        throw e;
      }
    }
  }

  private int outcome(TaskStatus status, String worker, boolean isOurs) {
    if (status == TaskStatus.CANCELLED) {
      return Problem.Exit.DONE.code;
    }
    throw status == TaskStatus.RUNNING && isOurs
        ? new Problem("the task still runs", "worker " + worker + " has not ended its agent yet", "look again: tasks show " + id)
        : status == TaskStatus.RUNNING
        ? new Problem("the task still runs", "this server cannot cancel a running task, whatever it answers",
            "on the machine of worker " + (worker == null ? "(unknown)" : worker) + ": tasks cancel --here " + id)
        : new Problem("the task is not cancelled", "it is " + status.word(), status.terminal()
            ? "it has already ended" : "this server cannot cancel; let a worker take it and cancel it there: tasks cancel --here " + id);
  }

  private int cancelHere() throws Exception {
    if (id.isBlank()) {
      throw absent(id, "this machine");
    }
    var task = LocalAttempt.running(id, settings());
    task.cancel(id, reason);
    io.err().println("asked the worker in " + task.stateDir() + " to cancel it");
    var status = await(task::ended, Optional::isPresent).orElse(TaskStatus.RUNNING);
    print(Json.object().put("id", id).put("status", status.word()), id + "\t" + status.word());
    return outcome(status, "in " + task.stateDir(), true);
  }

  /** Looks until the task has ended or the time is up, and gives what was seen last. */
  private <T> T await(Callable<T> look, Predicate<T> ended) throws Exception {
    var start = Clock.SYSTEM.nanos();
    var said = false;
    while (true) {
      var seen = look.call();
      var waited = Duration.ofNanos(Clock.SYSTEM.nanos() - start);
      if (ended.test(seen) || waited.compareTo(PATIENCE) > 0) {
        return seen;
      }
      if (!said && waited.compareTo(SILENCE) > 0) {
        io.err().println("waiting for its agent to end, " + PATIENCE.toSeconds() + " s at most");
        said = true;
      }
      Clock.SYSTEM.sleep(LOOK);
    }
  }
}
