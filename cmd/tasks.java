///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import lib.Problem;
import lib.agent.AttemptFolder;
import lib.cli.Columns;
import lib.cli.Command;
import lib.cli.Follow;
import lib.cli.Io;
import lib.config.Json;
import lib.config.Setting.Use;
import lib.config.StateDir;
import lib.config.Time;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.RemoteCodebase;
import lib.wire.Task;
import lib.wire.TaskStatus;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tasks}: the server's tasks, to look at and to drive. */
@CommandLine.Command(name = "tasks", description = "List, show, create, follow, cancel and re-queue the server's tasks.")
public final class tasks extends Command {
  public tasks(Io io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Listing(io), new Show(io), new Create(io), new Output(io), new Cancel(io), new Requeue(io));
  }

  /** What the commands below have in common: a server, and {@code --json}. */
  abstract static class OnServer extends Command {
    @Option(names = "--json", description = "print JSON")
    boolean json;

    OnServer(Io io) {
      super(io, Use.CONNECT);
    }

    final Client client() {
      return new Client(server(settings()));
    }

    final void print(Task task) {
      if (json) {
        io.out().println(Json.pretty(task.raw()));
      } else {
        io.out().println(task.id() + "\t" + task.status().word());
      }
    }

    static String date(Task task) {
      return task.createdAt() == null ? "" : task.createdAt().toString();
    }
  }

  @CommandLine.Command(name = "list", description = "List tasks, the most urgent first; servers give at most 100.")
  static final class Listing extends OnServer {
    @Option(names = "--status", paramLabel = "STATUS", description = "only those pending, running, completed, failed or cancelled")
    private String status;

    @Option(names = "--codebase", paramLabel = "ID", description = "only those of this codebase")
    private String codebase;

    Listing(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var wanted = status == null ? null : TaskStatus.of(status);
      if (wanted == TaskStatus.UNKNOWN) {
        throw new Problem("--status " + status + " is no status of a task", "there are pending, queued, assigned, running, "
            + "completed, failed, cancelled", "choose one of them").ending(Problem.Exit.USAGE);
      }
      var client = client();
      var found = ask(client, () -> client.tasks(new Client.Query(wanted, codebase, null, null)));
      if (json) {
        var array = Json.MAPPER.createArrayNode();
        found.forEach(task -> array.add(task.raw()));
        io.out().println(Json.pretty(array));
      } else {
        Columns.print(io, List.of("ID", "STATUS", "CODEBASE", "TYPE", "CREATED", "TITLE"), found.stream().map(t -> List.of(t.id(),
            t.status().word(), t.codebase(), t.agent(), date(t), t.title() == null ? "" : t.title())).toList());
      }
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "show", description = "Show one task: status, owner, result, error.")
  static final class Show extends OnServer {
    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    Show(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var client = client();
      var task = ask(client, () -> client.task(id));
      if (json) {
        print(task);
        return Problem.Exit.DONE.code;
      }
      var lines = List.of(List.of("id", task.id()), List.of("title", or(task.title())), List.of("status", task.status().word()),
          List.of("codebase", task.codebase()), List.of("agent type", task.agent()), List.of("model", or(task.modelName())),
          List.of("worker", or(task.workerId())), List.of("session", or(task.sessionId())), List.of("created", date(task)));
      Columns.print(io, List.of("FIELD", "VALUE"), lines);
      section("prompt", task.prompt());
      section("result", task.result());
      section("error", task.error());
      return Problem.Exit.DONE.code;
    }

    private void section(String name, String text) {
      if (text != null) {
        io.out().println("\n" + name + ":\n" + text.stripTrailing());
      }
    }

    private static String or(String text) {
      return text == null ? "-" : text;
    }
  }

  @CommandLine.Command(name = "create", description = "Create a task.")
  static final class Create extends OnServer {
    @Parameters(paramLabel = "PROMPT", description = "what the agent is asked; - reads it from standard input")
    private String prompt;

    @Option(names = "--codebase", paramLabel = "ID|NAME|PATH",
        description = "where (default: the codebase of the current folder, else none)")
    private String codebase;

    @Option(names = "--title", paramLabel = "TEXT", description = "for lists (default: the prompt's first line)")
    private String title;

    @Option(names = "--agent-type", paramLabel = "TYPE", description = "build, plan, general, explore, echo, noop (default: build)")
    private String agentType = Task.DEFAULT_AGENT;

    @Option(names = "--model", paramLabel = "P/M", description = "provider/model")
    private String model;

    @Option(names = "--priority", paramLabel = "N", description = "higher is sooner (default: 0)")
    private int priority;

    @Option(names = "--resume", paramLabel = "SESSION", description = "continue this agent session")
    private String resume;

    @Option(names = "--follow", description = "print its output and wait for its end; exit 1 unless it completes")
    private boolean follow;

    Create(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      var client = client();
      var text = prompt.equals("-") ? new String(io.in().readAllBytes(), StandardCharsets.UTF_8) : prompt;
      var where = ask(client, () -> codebase(client.codebases()));
      var name = title != null ? title : NewTask.titleOf(text);
      var task = ask(client, () -> client.create(new NewTask(where, name, text, agentType, priority, model, resume)));
      if (!follow) {
        print(task);
        return Problem.Exit.DONE.code;
      }
      io.err().println("task " + task.id());
      return Output.follow(io, client, task.id());
    }

    private String codebase(List<RemoteCodebase> known) {
      var wanted = codebase;
      if (wanted == null) {
        return known.stream().filter(c -> c.path() != null && io.env().cwd().startsWith(c.path()) && !Task.GLOBAL.equals(c.name()))
            .max((a, b) -> a.path().length() - b.path().length()).map(RemoteCodebase::id).orElse(null);
      }
      var path = io.env().path(wanted, io.env().cwd()).toString();
      return known.stream().filter(c -> wanted.equals(c.id()) || wanted.equals(c.name()) || path.equals(c.path())).findFirst()
          .map(RemoteCodebase::id).orElseThrow(() -> new Problem("there is no codebase " + wanted, "the server knows "
              + (known.isEmpty() ? "none" : String.join(", ", known.stream().map(c -> c.id() + " (" + c.name() + ")").toList())),
              "register it: run a worker with -b NAME:PATH"));
    }
  }

  @CommandLine.Command(name = "output", description = "Print a task's output.")
  static final class Output extends OnServer {
    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    @Option(names = "--follow", description = "go on printing until the task ends; exit 1 unless it completes")
    private boolean follow;

    Output(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var client = client();
      ask(client, () -> client.task(id));
      if (follow) {
        return follow(io, client, id);
      }
      var all = Json.MAPPER.createArrayNode();
      for (long place = 0; ; ) {
        var from = place;
        var page = ask(client, () -> client.output(id, from));
        page.chunks().forEach(chunk -> {
          all.add(chunk);
          if (!json) {
            io.out().print(chunk);
          }
        });
        place += page.chunks().size();
        if (page.chunks().isEmpty() || place >= page.total()) {
          break;
        }
      }
      if (json) {
        var result = Json.object().put("task_id", id);
        result.set("outputs", all);
        io.out().println(Json.pretty(result));
      }
      io.out().flush();
      return Problem.Exit.DONE.code;
    }

    static int follow(Io io, Client client, String id) throws InterruptedException {
      var ended = ask(client, new Follow(client, id, text -> {
        io.out().print(text);
        io.out().flush();
      })::run);
      io.err().println("task " + ended.id() + " " + ended.status().word() + (ended.error() == null ? "" : ": " + ended.error()));
      return (ended.status() == TaskStatus.COMPLETED ? Problem.Exit.DONE : Problem.Exit.PROBLEM).code;
    }
  }

  @CommandLine.Command(name = "cancel", description = "Cancel a task, and say what has become of it.")
  static final class Cancel extends OnServer {
    /** A polite agent is gone at once, the worst after 11 s, and its report follows. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the report")
    private String reason;

    @Option(names = "--here", description = "ask the worker on this machine that runs it, not the server")
    private boolean here;

    Cancel(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      if (here) {
        return cancelHere();
      }
      var client = client();
      ask(client, () -> {
        client.cancel(id, reason);
        return null;
      });
      var ours = ask(client, client::info).ours();
      var until = Time.SYSTEM.nanos() + (ours ? PATIENCE.toNanos() : 0);
      var task = ask(client, () -> client.task(id));
      while (!task.status().terminal() && Time.SYSTEM.nanos() < until) {
        Time.SYSTEM.sleep(Duration.ofMillis(200));
        task = ask(client, () -> client.task(id));
      }
      print(task);
      if (task.status() == TaskStatus.CANCELLED) {
        return Problem.Exit.DONE.code;
      }
      throw task.status() == TaskStatus.RUNNING && ours
          ? new Problem("the task still runs", "worker " + task.workerId() + " has not ended its agent yet", "look again: tasks show " + id)
          : task.status() == TaskStatus.RUNNING
          ? new Problem("the task still runs", "this server cannot cancel a running task, whatever it answers",
              "on the machine of worker " + (task.workerId() == null ? "(unknown)" : task.workerId()) + ": tasks cancel --here " + id)
          : new Problem("the task is not cancelled", "it is " + task.status().word(), task.status().terminal()
              ? "it has already ended" : "this server cannot cancel; let a worker take it and cancel it there: tasks cancel --here " + id);
    }

    private int cancelHere() throws IOException {
      for (var stateDir : stateDirs()) {
        var folder = AttemptFolder.latest(stateDir, id);
        if (folder.isPresent() && folder.get().exit().isEmpty()) {
          folder.get().cancel((io.env().vars().getOrDefault("USER", "somebody") + " on this machine"
              + (reason == null ? "" : ": " + reason)));
          io.err().println("asked the worker in " + stateDir + " to cancel it");
          return Problem.Exit.DONE.code;
        }
      }
      throw new Problem("no worker on this machine runs task " + id, "no state folder holds a running attempt at it",
          "look where it runs: tasks show " + id);
    }

    private List<Path> stateDirs() throws IOException {
      var settings = settings();
      var own = StateDir.of(settings);
      var all = StateDir.all(settings.env());
      if (!Files.isDirectory(all)) {
        return List.of(own);
      }
      try (var folders = Files.list(all)) {
        return Stream.concat(Stream.of(own), folders).distinct().toList();
      }
    }
  }

  @CommandLine.Command(name = "requeue", description = "Put a failed, cancelled or stuck task back into the queue.")
  static final class Requeue extends OnServer {
    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    Requeue(Io io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var client = client();
      try {
        client.requeue(id);
      } catch (CallFailed e) {
        throw e.kind() != CallFailed.Kind.NO_ROUTE ? e.problem(client.server().toString())
            : new Problem("the task is not re-queued", "this server has no call for that", "create it anew: tasks create");
      }
      print(ask(client, () -> client.task(id)));
      return Problem.Exit.DONE.code;
    }
  }

  public static void main(String[] args) {
    System.exit(new tasks(Io.of(System.in, System.out, System.err)).run(args));
  }
}
