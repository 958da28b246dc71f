package lib.cli;

import module java.base;
import lib.cli.output.OutputPrinter;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Clock;
import lib.core.Json;
import lib.protocol.Task;

/** Prints a task's output as it comes, over breaks of the connection, each chunk once. Not thread-safe. */
public final class OutputFollower {
  private static final Duration SILENCE = Duration.ofSeconds(60); // servers send a comment every 15 s

  private final ApiClient client;
  private final String taskId;
  private final OutputPrinter output;
  private long printed;

  public OutputFollower(ApiClient client, String taskId, OutputPrinter output) {
    this.client = client;
    this.taskId = taskId;
    this.output = output;
  }

  /** Prints output until the task has ended, and returns the task as it then is. */
  public Task run() throws ApiException, InterruptedException {
    var ended = awaitEnd();
    output.end(ended);
    return ended;
  }

  private Task awaitEnd() throws ApiException, InterruptedException {
    for (var failures = 1; ; failures++) {
      var before = printed;
      try {
        if (listen()) {
          return client.task(taskId);
        }
        var task = client.task(taskId);
        if (task.status().terminal()) {
          return task;
        }
      } catch (ApiException e) {
        if (!e.kind().again() || e.kind() == ApiException.Kind.DENIED) {
          throw e;
        }
      }
      failures = printed > before ? 1 : failures;
      Clock.SYSTEM.sleep(RetryPolicy.STREAM.delay(failures, Duration.ZERO, ThreadLocalRandom.current()));
    }
  }

  /** One connection; true when the server said that the task is done. */
  private boolean listen() throws ApiException, InterruptedException {
    try (var stream = client.followOutput(taskId, printed, SILENCE)) {
      long place = 0; // servers that give no ids send everything from the start
      for (var event = stream.next(); event != null; event = stream.next()) {
        if (event.name().equals("done")) {
          return true;
        }
        if (event.name().equals("output")) {
          var index = event.id() != null && event.id().matches("\\d{1,18}") ? Long.parseLong(event.id()) : place;
          place++;
          if (index >= printed) {
            output.take(Json.readObject(event.data()).map(o -> o.path("output").asText()).orElse(""));
            printed = index + 1;
          }
        }
      }
      return false;
    }
  }
}
