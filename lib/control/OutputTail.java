package lib.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.masking.Redaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of a task's output, read from this machine's files, also when no server can be reached. For one thread. */
final class OutputTail implements AutoCloseable {
  static final int LINES = 20; // as people know it from tail, twice
  static final int MOST_LINES = 1000;
  private static final Logger LOG = LoggerFactory.getLogger(OutputTail.class);
  private static final long BYTES = 256 << 10; // so much is read for it, however large the output is
  private static final int PIECE = 16 << 10;
  private static final Duration LOOK = Duration.ofMillis(250); // a person sees it as live

  private final String taskId;
  private final int lines;
  private final Transcript transcript;
  private final AttemptDirectory folder;

  /** @throws Problem when this machine has no output of it */
  OutputTail(Path stateDir, String taskId, int lines, Redaction redaction) throws IOException {
    this.taskId = taskId;
    this.lines = lines;
    this.folder = AttemptDirectory.latest(stateDir, taskId).filter(f -> Files.exists(f.file("out"))).orElseThrow(() ->
        new Problem("there is no output of task " + taskId + " here", "no agent has worked at it in " + stateDir,
            "ask the server: tasks output " + taskId));
    this.transcript = Transcript.last(folder, BYTES, redaction);
  }

  /** Its last lines so far. */
  ObjectNode last() throws IOException {
    var kept = new ArrayDeque<String>();
    read().lines().forEach(line -> {
      kept.add(line);
      if (kept.size() > lines) {
        kept.removeFirst();
      }
    });
    return Json.object().put("task_id", taskId).put("text", kept.isEmpty() ? "" : String.join("\n", kept) + "\n").put("ended", ended());
  }

  /** Tells of further output as it comes, and of its end. */
  AutoCloseable follow(ControlApi.Notify notify) {
    var thread = Thread.ofVirtual().name("tail " + taskId).start(() -> {
      var end = Json.object().put("task_id", taskId);
      try (this) {
        while (true) {
          var whole = ended(); // asked before the read, so that nothing is missed
          var text = read();
          if (!text.isEmpty()) {
            notify.hand("output", Json.object().put("task_id", taskId).put("text", text));
          } else if (whole) {
            notify.hand("end", end);
            return;
          } else {
            Clock.SYSTEM.sleep(LOOK);
          }
        }
      } catch (IOException e) {
        notify.tell("end", end.put("problem", e.getMessage()));
      } catch (InterruptedException e) {
        LOG.debug("nobody follows task {} any more", taskId);
      }
    });
    return thread::interrupt;
  }

  private boolean ended() {
    return Files.exists(folder.file("closing"));
  }

  private String read() throws IOException {
    if (ended()) {
      transcript.complete();
    }
    var all = new StringBuilder();
    while (all.length() < BYTES) {
      var piece = transcript.next(PIECE).text();
      if (piece.isEmpty()) {
        break;
      }
      all.append(piece);
    }
    return all.toString();
  }

  @Override
  public void close() {
    transcript.close();
  }
}
