///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.config.Setting.Use;
import lib.control.ControlClient;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code ctl}: drives the worker on this machine through its socket. */
@CommandLine.Command(name = "ctl", description = "Drive the worker on this machine: pause, resume, drain, reload, look at what happens.",
    footer = "%nExample: worker ctl pause")
public final class ctl extends Command {
  public ctl(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Pause(io), new Resume(io), new Drain(io), new Concurrency(io), new Reload(io), new Events(io), new Tail(io));
  }

  /** A command to the running worker, with {@code --json}. */
  abstract static class OnWorker extends Command {
    @Option(names = "--json", description = "print JSON")
    boolean json;

    OnWorker(CommandIo io) {
      super(io, Use.LOCAL);
    }

    /** Sends the request and prints {@code done}, or the answer as JSON. */
    final int ask(String method, ObjectNode params, String done) {
      try (var worker = ControlClient.of(settings())) {
        print(worker.call(method, params), done);
      }
      return Problem.Exit.DONE.code;
    }

    final void print(JsonNode answer, String done) {
      io.print((json ? Json.pretty(answer) : done) + "\n");
    }
  }

  @CommandLine.Command(name = "pause", description = "Take no task until resumed; running tasks continue.",
      footer = "%nExample: worker ctl pause --reason \"the tests need the machine\"")
  static final class Pause extends OnWorker {
    @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the status")
    private String reason;

    Pause(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      return ask("pause", Json.object().put("reason", reason), "paused");
    }
  }

  @CommandLine.Command(name = "resume", description = "Take tasks again.", footer = "%nExample: worker ctl resume")
  static final class Resume extends OnWorker {
    Resume(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      return ask("resume", Json.object(), "resumed");
    }
  }

  @CommandLine.Command(name = "drain", description = "End the worker as one TERM does: no new task, running ones may finish.",
      footer = "%nExample: worker ctl drain")
  static final class Drain extends OnWorker {
    Drain(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      return ask("drain", Json.object(), "draining");
    }
  }

  @CommandLine.Command(name = "concurrency", description = "Set how many tasks run at the same time, until the next start or a "
      + "reload that changes max_concurrent_tasks.",
      footer = "%nExample: worker ctl concurrency 4")
  static final class Concurrency extends OnWorker {
    @Parameters(paramLabel = "N", description = "1 to 64")
    private int most;

    Concurrency(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      return ask("concurrency", Json.object().put("most", most), most + " at the same time");
    }
  }

  @CommandLine.Command(name = "reload", description = "Read the config file again, as HUP does, and print what has changed.",
      footer = "%nExample: worker ctl reload")
  static final class Reload extends OnWorker {
    Reload(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      try (var worker = ControlClient.of(settings())) {
        var answer = worker.call("reload", Json.object());
        print(answer, "changed: " + words(answer.path("changed")) + "\nneeds a restart: " + words(answer.path("restart")));
      }
      return Problem.Exit.DONE.code;
    }

    private static String words(JsonNode keys) {
      return keys.isEmpty() ? "nothing" : String.join(", ", keys.valueStream().map(JsonNode::asText).toList());
    }
  }

  @CommandLine.Command(name = "events", description = "Print what happens in the worker as it happens, until interrupted.",
      footer = "%nExample: worker ctl events --json")
  static final class Events extends OnWorker {
    Events(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      try (var worker = ControlClient.of(settings())) {
        worker.follow("events", Json.object(), message -> {
          var event = message.path("params");
          if (message.path("method").asText().equals("event")) {
            io.print((json ? Json.write(event) : event.path("at").asText() + " " + event.path("type").asText()
                + (event.path("task_id").isTextual() ? " task=" + event.path("task_id").asText() : "")
                + (event.path("codebase").isTextual() ? " codebase=" + event.path("codebase").asText() : "")
                + (event.path("text").asText().isEmpty() ? "" : " " + event.path("text").asText())) + "\n");
          } else if (!json) {
            io.err().println("listening");
          }
          return true;
        });
      }
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "tail", description = "Print the end of a task's output from this machine's files, also while no server "
      + "can be reached.", footer = "%nExample: worker ctl tail --follow 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Tail extends OnWorker {
    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    @Option(names = "--lines", paramLabel = "N", description = "how many (default: 20)")
    private int lines = 20;

    @Option(names = "--follow", description = "print further output until the task ends")
    private boolean follow;

    Tail(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      try (var worker = ControlClient.of(settings())) {
        var params = Json.object().put("task_id", id).put("lines", lines).put("follow", follow);
        if (follow) {
          worker.follow("tail", params, this::printMessage);
        } else {
          printMessage(Json.object().set("result", worker.call("tail", params)));
        }
      }
      return Problem.Exit.DONE.code;
    }

    /** Prints the answer or a notification; false after the last one. */
    private boolean printMessage(JsonNode message) {
      var part = message.path(message.has("method") ? "params" : "result");
      if (json) {
        io.print(Json.write(part) + "\n");
      } else {
        io.print(part.path("text").asText());
      }
      return !message.path("method").asText().equals("end");
    }
  }

  public static void main(String[] args) {
    System.exit(new ctl(CommandIo.of(System.in, System.out, System.err)).run(args));
  }
}
