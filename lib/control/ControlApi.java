package lib.control;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.journal.Journal;
import lib.journal.OutboxEntry;
import lib.store.DatabaseException;
import lib.worker.Daemon;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the requests on the worker's socket, one method each. Thread-safe. */
record ControlApi(Path stateDir, Daemon daemon) {
  private static final Logger LOG = LoggerFactory.getLogger(ControlApi.class);
  private static final int METHOD_NOT_FOUND = -32601, INVALID_PARAMS = -32602; // numbers of JSON-RPC 2.0
  private static final int MAX_REPORTS = 1000; // a client reads the whole line at once
  private static final int MAX_SLOTS = 64; // as max_concurrent_tasks
  private static final int MAX_UNREAD_EVENTS = 256; // a client that reads is never so far behind

  /** A malformed request, with its error number of JSON-RPC. */
  static final class InvalidRequest extends RuntimeException {
    final int code;

    InvalidRequest(int code, String message) {
      super(message);
      this.code = code;
    }
  }

  /**
   * Answers a request; a subscription returns when it ends.
   *
   * @throws InvalidRequest when the method is unknown, or a parameter is wrong
   * @throws Problem when the worker cannot do it
   * @throws InterruptedException when the client has left
   */
  void call(String method, JsonNode params, ControlConnection client) throws InterruptedException {
    switch (method) {
      case "tail" -> tail(params, client);
      case "events" -> events(client);
      default -> {
        try {
          client.answer(answer(method, params, client));
        } catch (DatabaseException e) {
          throw new Problem("the worker cannot answer " + method, "the journal failed: " + e.getMessage(), "look at the disk").from(e);
        }
      }
    }
  }

  private JsonNode answer(String method, JsonNode params, ControlConnection client) throws InterruptedException, DatabaseException {
    var worker = daemon.worker();
    var reason = params.path("reason").asText("");
    return switch (method) {
      case "status" -> worker.status();
      case "tasks" -> worker.status().retain("running", "waiting", "waiting_count", "slots", "holds");
      case "cancel" -> cancel(text(params, "task_id"), client.user(), reason);
      case "why" -> worker.why(text(params, "task_id"));
      case "pause" -> done(() -> worker.pause(client.user() + (reason.isEmpty() ? "" : ": " + reason)));
      case "resume" -> done(worker::resume);
      case "drain" -> done(worker::stop);
      case "concurrency" -> done(() -> worker.concurrency(number(params, "most", 1, MAX_SLOTS)));
      case "reload" -> {
        var reloaded = daemon.reload();
        yield Json.object().<ObjectNode>set("changed", Json.array(reloaded.changed())).set("restart", Json.array(reloaded.restart()));
      }
      case "outbox" -> outbox(params);
      default -> throw new InvalidRequest(METHOD_NOT_FOUND, "there is no method " + method);
    };
  }

  private JsonNode cancel(String task, String user, String reason) {
    if (!daemon.worker().cancel(task, user, reason)) {
      throw new Problem("task " + task + " is not cancelled", "it does not run here, or is being ended already",
          "look where it runs: tasks show " + task);
    }
    return ok(true);
  }

  private JsonNode outbox(JsonNode params) throws InterruptedException, DatabaseException {
    return switch (params.has("action") ? text(params, "action") : "list") {
      case "list" -> Json.object().set("reports", Json.MAPPER.createArrayNode().addAll(
          Journal.entries(stateDir.resolve("journal.db")).stream().limit(MAX_REPORTS).map(OutboxEntry::toJson).toList()));
      case "retry" -> ok(daemon.worker().retry(number(params, "id", 1, Integer.MAX_VALUE)));
      case "drop" -> ok(daemon.worker().drop(number(params, "id", 1, Integer.MAX_VALUE)));
      default -> throw new InvalidRequest(INVALID_PARAMS, "action must be list, retry or drop");
    };
  }

  private void tail(JsonNode params, ControlConnection client) throws InterruptedException {
    var task = text(params, "task_id");
    var lines = params.has("lines") ? number(params, "lines", 0, OutputTail.MOST_LINES) : OutputTail.LINES;
    try {
      var tail = new OutputTail(stateDir, task, lines);
      client.answer(tail.last());
      if (params.path("follow").asBoolean()) {
        tail.follow(client);
      }
    } catch (IOException e) {
      throw new Problem("the output of task " + task + " cannot be read", String.valueOf(e.getMessage()), "ask the server: tasks output "
          + task).from(e);
    }
  }

  /** Never returns: the client's leaving interrupts it. */
  private void events(ControlConnection client) throws InterruptedException {
    var unread = new ArrayBlockingQueue<ObjectNode>(MAX_UNREAD_EVENTS);
    var connection = Thread.currentThread();
    try (var subscription = daemon.worker().events().subscribe(event -> {
      var form = EventJson.of(event, Clock.SYSTEM.now());
      if (form != null && !unread.offer(form)) {
        LOG.warn("control client disconnected: it left {} events unread", MAX_UNREAD_EVENTS);
        connection.interrupt();
      }
    })) {
      client.answer(ok(true)); // after the subscription, so that no event is missed
      while (true) {
        client.send("event", unread.take());
      }
    }
  }

  private interface Action {
    void run() throws InterruptedException;
  }

  private static JsonNode done(Action action) throws InterruptedException {
    action.run();
    return ok(true);
  }

  private static JsonNode ok(boolean done) {
    return Json.object().put("ok", done);
  }

  private static String text(JsonNode params, String name) {
    if (!params.path(name).isTextual() || params.path(name).asText().isBlank()) {
      throw new InvalidRequest(INVALID_PARAMS, name + " is missing, or is no text");
    }
    return params.path(name).asText();
  }

  private static int number(JsonNode params, String name, int min, int max) {
    var value = params.path(name);
    if (!value.isIntegralNumber() || value.asLong() < min || value.asLong() > max) {
      throw new InvalidRequest(INVALID_PARAMS, name + " must be a whole number from " + min + " to " + max);
    }
    return value.asInt();
  }
}
