///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import lib.cli.CodebaseRef;
import lib.cli.Command;
import lib.cli.ServerCommand;
import lib.cli.TaskCommand;
import lib.cli.output.CommandIo;
import lib.cli.output.DecisionText;
import lib.cli.output.DetailView;
import lib.cli.output.OutputPrinter;
import lib.cli.output.TextTable;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.config.Setting.Use;
import lib.control.ControlClient;
import lib.control.LocalAttempt;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code tasks}: the server's tasks, to look at and to drive. */
@CommandLine.Command(name = "tasks", description = "List, show, create, follow, cancel and re-queue the server's tasks; ask why.",
    footer = "%nExample: worker tasks list")
public final class tasks extends Command {
  public tasks(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Listing(io), new Show(io), new Create(io), new Output(io), new Cancel(io), new Requeue(io), new Why(io));
  }

  @CommandLine.Command(name = "list", description = "List tasks, the most urgent first, then the oldest; servers give at most 100.",
      footer = "%nExample: worker tasks list --status running --codebase demo")
  static final class Listing extends ServerCommand {
    @Option(names = "--status", paramLabel = "STATUS",
        description = "only those pending, queued, assigned, running, completed, failed or cancelled")
    private String status;

    @Option(names = "--codebase", paramLabel = "ID|NAME|PATH", description = "only those of this codebase")
    private String codebase;

    Listing(CommandIo io) {
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
      var found = new ArrayList<Task>();
      for (var id : codebases(client)) {
        found.addAll(ask(client, () -> client.tasks(new ApiClient.Query(wanted, id, null, null))));
      }
      found.sort(Comparator.comparing(Task::priority).reversed().thenComparing(Task::createdAt, Comparator.nullsLast(Comparator.naturalOrder())));
      if (json) {
        var array = Json.MAPPER.createArrayNode();
        found.forEach(task -> array.add(task.raw()));
        io.out().println(Json.pretty(array));
      } else if (io.terminal() && found.isEmpty()) {
        io.err().println("no tasks");
      } else {
        TextTable.fit(io, List.of("ID", "STATUS", "CODEBASE", "TYPE", "CREATED", "TITLE"), found.stream().map(t -> List.of(t.id(),
            t.status().word(), t.codebase(), t.agent(), io.when(t.createdAt()), t.title() == null ? "" : t.title())).toList());
      }
      return Problem.Exit.DONE.code;
    }

    /** The ids of the wanted codebase, of which each worker that offers it has one; a null id is any. */
    private List<String> codebases(ApiClient client) throws InterruptedException {
      return codebase == null ? Collections.singletonList(null)
          : CodebaseRef.ids(ask(client, () -> CodebaseRef.all(client)), codebase, io.env());
    }
  }

  @CommandLine.Command(name = "show", description = "Show one task: status, owner, result, error.",
      footer = "%nExample: worker tasks show 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Show extends TaskCommand {
    Show(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var task = task(client());
      if (json) {
        print(task);
        return Problem.Exit.DONE.code;
      }
      new DetailView().field("id", task.id()).field("title", task.title()).field("status", task.status().word())
          .field("codebase", task.codebase()).field("agent type", task.agent()).field("model", task.modelName())
          .field("worker", task.workerId()).field("session", task.sessionId()).field("created", task.createdAt())
          .text("prompt", task.prompt()).text("result", task.result()).text("error", task.error()).print(io);
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "create", description = "Create a task.",
      footer = "%nExample: worker tasks create --codebase demo --follow \"Write hello.txt with a greeting\"")
  static final class Create extends ServerCommand {
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

    @Option(names = "--follow", description = OutputPrinter.FOLLOW)
    private boolean follow;

    Create(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      var text = prompt(prompt);
      var client = client();
      var where = place(ask(client, () -> CodebaseRef.all(client)));
      io.say((where.isPresent() ? "codebase " + where.get() : "no codebase") + "\n");
      where.filter(place -> !place.alive()).ifPresent(place ->
          io.say("no live worker has codebase " + place.codebase().name() + "; the task waits for one\n"));
      var name = title != null ? title : NewTask.titleOf(text);
      var task = create(client, () -> client.create(new NewTask(where.map(p -> p.codebase().id()).orElse(null), name, text, agentType,
          priority, model, resume)));
      if (!follow) {
        print(task);
        return Problem.Exit.DONE.code;
      }
      io.say("task " + task.id() + "\n");
      return follow(client, task.id());
    }

    private Optional<CodebaseRef> place(List<CodebaseRef> known) {
      return codebase == null ? CodebaseRef.around(known, io.env().cwd()) : Optional.of(CodebaseRef.named(known, codebase, io.env()).getFirst());
    }
  }

  @CommandLine.Command(name = "output", description = "Print a task's output; of one that was answered without any, its result. "
      + "With --json one document: id, status, outputs, result, error.",
      footer = "%nExample: worker tasks output --follow 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Output extends TaskCommand {
    @Option(names = "--follow", description = "go on printing until the task ends, with --json print at its end; exit 1 unless it completes")
    private boolean follow;

    @Option(names = "--raw", description = "on the worker's machine: the lines as the agent wrote them, events and all, with nothing masked; "
        + "asks no server")
    private boolean raw;

    Output(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      if (raw) {
        return raw();
      }
      var client = client();
      if (follow) {
        return follow(client, task(client).id());
      }
      var output = output();
      for (long place = 0; ; ) {
        var from = place;
        var page = about(client, () -> client.output(id, from));
        page.chunks().forEach(output::take);
        place += page.chunks().size();
        if (page.chunks().isEmpty() || place >= page.total()) {
          output.end(task(client));
          return Problem.Exit.DONE.code;
        }
      }
    }

    private int raw() throws IOException {
      if (follow || json) {
        throw new Problem("--raw goes with neither --follow nor --json", "it copies a file as it is now", "leave one of them out")
            .ending(Problem.Exit.USAGE);
      }
      if (id.isBlank()) {
        throw absent("this machine");
      }
      Files.copy(LocalAttempt.last(id, settings()).file("out"), io.out());
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "cancel", description = "Cancel a task, and say what has become of it; exit 0 if it is cancelled.",
      footer = "%nExample: worker tasks cancel --reason \"no longer needed\" 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Cancel extends TaskCommand {
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

    Cancel(CommandIo io) {
      super(io);
    }

    private interface Look {
      boolean ended() throws IOException, InterruptedException;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      if (here) {
        return cancelHere();
      }
      var client = client();
      var ours = ours(client);
      var task = new Task[] {task(client)};
      if (!task[0].status().terminal()) {
        cancel(client, ours, task);
      }
      print(task[0]);
      return done(task[0].status(), task[0].workerId(), ours);
    }

    /** Whether the server tells its workers to stop; one that says nothing of itself does not. */
    private static boolean ours(ApiClient client) throws InterruptedException {
      try {
        return client.info().ours();
      } catch (ApiException e) {
        return false;
      }
    }

    private void cancel(ApiClient client, boolean ours, Task[] task) throws IOException, InterruptedException {
      try {
        about(client, () -> {
          client.cancel(id, reason);
          return null;
        });
      } catch (Problem e) {
        task[0] = task(client);
        if (!task[0].status().terminal()) { // else it ended in between
          throw e;
        }
      }
      task[0] = task(client);
      if (ours) {
        await(() -> (task[0] = task(client)).status().terminal());
      }
    }

    private int done(TaskStatus status, String worker, boolean ours) {
      if (status == TaskStatus.CANCELLED) {
        return Problem.Exit.DONE.code;
      }
      throw status == TaskStatus.RUNNING && ours
          ? new Problem("the task still runs", "worker " + worker + " has not ended its agent yet", "look again: tasks show " + id)
          : status == TaskStatus.RUNNING
          ? new Problem("the task still runs", "this server cannot cancel a running task, whatever it answers",
              "on the machine of worker " + (worker == null ? "(unknown)" : worker) + ": tasks cancel --here " + id)
          : new Problem("the task is not cancelled", "it is " + status.word(), status.terminal()
              ? "it has already ended" : "this server cannot cancel; let a worker take it and cancel it there: tasks cancel --here " + id);
    }

    private int cancelHere() throws IOException, InterruptedException {
      if (id.isBlank()) {
        throw absent("this machine");
      }
      var task = LocalAttempt.running(id, settings());
      task.cancel(id, reason);
      io.err().println("asked the worker in " + task.stateDir() + " to cancel it");
      await(() -> task.ended().isPresent());
      var status = task.ended().orElse(TaskStatus.RUNNING);
      io.print(json ? Json.pretty(Json.object().put("id", id).put("status", status.word())) + "\n" : id + "\t" + status.word() + "\n");
      return done(status, "in " + task.stateDir(), true);
    }

    /** Waits for the task's end; false when it takes too long. */
    private boolean await(Look look) throws IOException, InterruptedException {
      var start = Clock.SYSTEM.nanos();
      for (var said = false; !look.ended(); Clock.SYSTEM.sleep(LOOK)) {
        var waited = Duration.ofNanos(Clock.SYSTEM.nanos() - start);
        if (waited.compareTo(PATIENCE) > 0) {
          return false;
        }
        if (!said && waited.compareTo(SILENCE) > 0) {
          io.err().println("waiting for its agent to end, " + PATIENCE.toSeconds() + " s at most");
          said = true;
        }
      }
      return true;
    }
  }

  @CommandLine.Command(name = "why", description = "Say why the worker on this machine takes a task or not, rule by rule; exit 1 when the server does not know it, "
      + "3 when no worker runs.",
      footer = "%nExample: worker tasks why 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Why extends Command {
    @Parameters(paramLabel = "ID", description = "the task")
    private String id;

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    Why(CommandIo io) {
      super(io, Use.LOCAL);
    }

    @Override
    public Integer call() {
      try (var worker = ControlClient.of(settings())) {
        var why = worker.call("why", Json.object().put("task_id", id));
        io.print(json ? Json.pretty(why) + "\n" : DecisionText.words(why));
        return (why.has("problem") && !why.path("running").asBoolean() ? Problem.Exit.PROBLEM : Problem.Exit.DONE).code;
      }
    }
  }

  @CommandLine.Command(name = "requeue", description = "Put a failed, cancelled or stuck task back into the queue.",
      footer = "%nExample: worker tasks requeue 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
  static final class Requeue extends TaskCommand {
    Requeue(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var client = client();
      var before = task(client);
      try {
        client.requeue(id);
      } catch (ApiException e) {
        throw switch (e.kind()) {
          case NO_ROUTE -> new Problem("the task is not re-queued", "this server has no call for that", "create another: tasks create");
          case REFUSED, CONFLICT -> refused(task(client).status());
          default -> problem(e, client.server());
        };
      }
      if (before.status() == TaskStatus.RUNNING) {
        io.say("it was running, at worker " + before.workerId() + "\n");
      }
      print(task(client));
      return Problem.Exit.DONE.code;
    }

    private static Problem refused(TaskStatus status) {
      return new Problem("the task is not re-queued", "it is " + status.word(),
          status.terminal() ? "create another: tasks create" : "it is in the queue already");
    }
  }

  public static void main(String[] args) {
    System.exit(new tasks(CommandIo.of(System.in, System.out, System.err)).run(args));
  }
}
