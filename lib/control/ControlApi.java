package lib.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.journal.Journal;
import lib.store.StoreFailed;
import lib.worker.Served;
import lib.worker.Worker;

/** What the worker answers on its socket, method by method. Thread-safe. */
final class ControlApi {
  private static final int NO_METHOD = -32601, BAD_PARAMS = -32602; // numbers of JSON-RPC 2.0
  private static final int MOST_REPORTS = 1000; // a line that a client must read whole
  private static final int MOST_SLOTS = 64; // as max_concurrent_tasks

  /** Tells a client of something, as a notification. */
  interface Notify {
    /** Returns at once; a client that is too far behind is left. */
    void tell(String method, ObjectNode params);

    /** Waits until the client has taken what it was handed before. */
    void hand(String method, ObjectNode params) throws InterruptedException;
  }

  /** Something that goes on after the answer, until it is closed. */
  interface Following {
    AutoCloseable begin(Notify notify);
  }

  /**
   * An answer.
   *
   * @param then what goes on after it; null for nothing
   */
  record Answer(JsonNode result, Following then) {}

  /** A request that cannot be understood. */
  static final class Refused extends RuntimeException {
    private final int code;

    private Refused(int code, String message) {
      super(message);
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  private final Path stateDir;
  private final Served served;

  ControlApi(Path stateDir, Served served) {
    this.stateDir = stateDir;
    this.served = served;
  }

  /**
   * Answers a request.
   *
   * @param who the person who asks, for reports
   * @throws Refused when there is no such method, or a parameter is wrong
   * @throws Problem when what is asked cannot be done
   */
  Answer call(String method, JsonNode params, String who) throws InterruptedException {
    return switch (method) {
      case "tail" -> tail(params);
      case "events" -> {
        worker();
        yield new Answer(ok(), this::events);
      }
      default -> new Answer(answer(method, params, who), null);
    };
  }

  private JsonNode answer(String method, JsonNode params, String who) throws InterruptedException {
    return switch (method) {
      case "status" -> served.worker().map(this::status).orElseGet(this::connecting);
      case "tasks" -> tasks();
      case "cancel" -> cancel(params, who);
      case "why" -> why(text(params, "task_id"));
      case "pause" -> ok(() -> worker().pause(said(who, params)));
      case "resume" -> ok(() -> worker().resume());
      case "drain" -> ok(served::stop);
      case "concurrency" -> ok(() -> worker().concurrency(number(params, "most", 0, 1, MOST_SLOTS)));
      case "reload" -> reload();
      case "outbox" -> outbox(params);
      default -> throw new Refused(NO_METHOD, "there is no method " + method);
    };
  }

  private Worker worker() {
    return served.worker().orElseThrow(() -> new Problem("the worker has no answer to that yet", "its server has not answered: "
        + served.trouble(), "mend that, or wait").ending(Problem.Exit.TRY_LATER));
  }

  private ObjectNode status(Worker worker) {
    var json = worker.status();
    if (!served.trouble().isEmpty()) { // it only goes on with what an earlier process began
      json.put("state", "connecting");
      ((ArrayNode) json.get("problems")).add(served.trouble());
    }
    return json;
  }

  /** The status before there is a worker. */
  private ObjectNode connecting() {
    var json = Json.object();
    json.putObject("worker").put("pid", ProcessHandle.current().pid()).put("state_dir", stateDir.toString());
    json.put("state", "connecting");
    json.putArray("holds").addObject().put("rule", "server").put("why", "the server has not answered yet");
    json.set("problems", Json.array(served.trouble().isEmpty() ? List.of() : List.of(served.trouble())));
    return json;
  }

  private JsonNode tasks() {
    var status = worker().status();
    var tasks = Json.object();
    for (var part : new String[] {"running", "waiting", "waiting_count", "slots", "holds"}) {
      tasks.set(part, status.get(part));
    }
    return tasks;
  }

  private JsonNode outbox(JsonNode params) throws InterruptedException {
    var action = params.has("action") ? text(params, "action") : "list";
    try {
      return switch (action) {
        case "list" -> {
          var reports = Json.object();
          var list = reports.putArray("reports");
          Journal.entries(stateDir.resolve("journal.db")).stream().limit(MOST_REPORTS).forEach(entry -> list.add(entry.toJson()));
          yield reports;
        }
        case "retry" -> Json.object().put("ok", worker().retry(number(params, "id", 0, 1, Integer.MAX_VALUE)));
        case "drop" -> Json.object().put("ok", worker().drop(number(params, "id", 0, 1, Integer.MAX_VALUE)));
        default -> throw new Refused(BAD_PARAMS, "action must be list, retry or drop");
      };
    } catch (StoreFailed e) {
      throw new Problem("the outbox cannot be told or changed", "the journal failed: " + e.getMessage(), "look at the disk").from(e);
    }
  }

  private Answer tail(JsonNode params) {
    var task = text(params, "task_id");
    var lines = number(params, "lines", OutputTail.LINES, 0, OutputTail.MOST_LINES);
    OutputTail tail = null;
    var goesOn = false;
    try {
      tail = new OutputTail(stateDir, task, lines, worker().redaction());
      goesOn = params.path("follow").asBoolean();
      return new Answer(tail.last(), goesOn ? tail::follow : null);
    } catch (IOException e) {
      throw new Problem("the output of task " + task + " cannot be read", String.valueOf(e.getMessage()), "ask the server: tasks output "
          + task).from(e);
    } finally {
      if (tail != null && !goesOn) {
        tail.close();
      }
    }
  }

  private JsonNode cancel(JsonNode params, String who) {
    var task = text(params, "task_id");
    var reason = Json.text(params, "reason");
    if (!worker().cancel(task, who, reason == null ? "" : reason)) {
      throw new Problem("task " + task + " is not cancelled", "it does not run here, or is being ended already",
          "look where it runs: tasks show " + task);
    }
    return ok();
  }

  private JsonNode why(String task) throws InterruptedException {
    try {
      return worker().why(task);
    } catch (StoreFailed e) {
      throw new Problem("why cannot be told", "the journal cannot be read: " + e.getMessage(), "look at the disk").from(e);
    }
  }

  private JsonNode reload() {
    worker();
    var reloaded = served.reload();
    var answer = Json.object();
    answer.set("changed", Json.array(reloaded.changed()));
    answer.set("restart", Json.array(reloaded.restart()));
    return answer;
  }

  private AutoCloseable events(Notify notify) {
    return worker().events().subscribe(event -> {
      var shown = EventJson.of(event, Clock.SYSTEM.now());
      if (shown != null) {
        notify.tell("event", shown);
      }
    });
  }

  private static JsonNode ok(Runnable deed) {
    deed.run();
    return ok();
  }

  private static JsonNode ok() {
    return Json.object().put("ok", true);
  }

  private static String said(String who, JsonNode params) {
    var reason = Json.text(params, "reason");
    return who + (reason == null ? "" : ": " + reason);
  }

  private static String text(JsonNode params, String name) {
    if (!params.path(name).isTextual() || params.path(name).asText().isBlank()) {
      throw new Refused(BAD_PARAMS, name + " is missing, or is no text");
    }
    return params.path(name).asText();
  }

  private static int number(JsonNode params, String name, int otherwise, int least, int most) {
    var value = params.path(name);
    if (value.isMissingNode() && otherwise >= least) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || value.asLong() < least || value.asLong() > most) {
      throw new Refused(BAD_PARAMS, name + " must be a whole number from " + least + " to " + most);
    }
    return value.asInt();
  }
}
