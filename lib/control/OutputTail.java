package lib.control;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;

/** Reads the end of a task's transcript on this machine, so that no server is needed. For one thread. */
final class OutputTail {
  static final int LINES = 20; // as people know it from tail, twice
  static final int MOST_LINES = 1000;
  private static final int BYTES = 256 << 10; // so much is read for it, however large the output is
  private static final Duration LOOK = Duration.ofMillis(250); // a person sees it as live

  private final String taskId;
  private final int lines;
  private final Transcript transcript;
  private long place;

  /** @throws Problem when this machine has no output of it */
  OutputTail(Path stateDir, String taskId, int lines) throws IOException {
    this.taskId = taskId;
    this.lines = lines;
    this.transcript = new Transcript(AttemptDirectory.latest(stateDir, taskId).filter(f -> Files.exists(f.file("out"))).orElseThrow(() ->
        new Problem("there is no output of task " + taskId + " here", "no agent has worked at it in " + stateDir,
            "ask the server: tasks output " + taskId)));
  }

  /** Its last lines so far. */
  ObjectNode last() throws IOException {
    var now = transcript.checkpoint();
    place = Math.max(0, now.length() - BYTES);
    var text = transcript.text(place, now.length(), BYTES);
    var all = text.lines().skip(place > 0 ? 1 : 0).toList(); // the first may be part of a line
    place = now.length();
    var last = String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    return Json.object().put("task_id", taskId).put("text", last.isEmpty() ? "" : last + "\n").put("ended", now.complete());
  }

  /** Sends further output as it comes, and the end of the task; returns after that. */
  void follow(ControlConnection subscriber) throws InterruptedException {
    var end = Json.object().put("task_id", taskId);
    try {
      while (true) {
        var now = transcript.checkpoint();
        if (place < now.length()) {
          var text = transcript.text(place, now.length(), BYTES);
          place = Math.min(now.length(), place + Transcript.size(text));
          subscriber.send("output", Json.object().put("task_id", taskId).put("text", text));
        } else if (now.complete()) {
          subscriber.send("end", end);
          return;
        } else {
          Clock.SYSTEM.sleep(LOOK);
        }
      }
    } catch (IOException e) {
      subscriber.send("end", end.put("problem", e.getMessage()));
    }
  }
}
