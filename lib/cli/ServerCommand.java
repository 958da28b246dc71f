package lib.cli;

import lib.cli.output.OutputPrinter;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.config.Setting.Use;
import lib.core.Problem;
import lib.protocol.Task;

/** What commands about a server's tasks have in common: the server, {@code --json}, following a task to its end. */
public abstract class ServerCommand extends DataCommand {
  protected ServerCommand() {
    super(Use.CONNECT);
  }

  protected final ApiClient client() {
    return client(server(settings()));
  }

  protected final int print(Task task) {
    return print(task.raw(), task.id() + "\t" + task.status().word());
  }

  /** Whether the problem is a failed call of this kind. */
  protected static boolean isOf(Problem e, ApiException.Kind kind) {
    return e.getCause() instanceof ApiException failed && failed.kind() == kind;
  }

  /** What a server without the calls that delete means to a person. */
  protected static Problem cannotDelete() {
    return new Problem("this server cannot delete tasks", "it has no call for that", "only our own server has: serve, run --local");
  }

  protected final OutputPrinter output() {
    return json ? OutputPrinter.json(io) : OutputPrinter.plain(io);
  }

  /** Prints what the task says until it ends, and gives the exit code that tells how it did. */
  protected final int follow(ApiClient client, String id) throws InterruptedException {
    var left = new Thread(() -> io.say("\nthe task goes on; to follow it: tasks output --follow " + id + "\n"));
    Runtime.getRuntime().addShutdownHook(left);
    Task ended;
    try {
      ended = ask(client, new OutputFollower(client, id, output())::run);
    } finally {
      forget(left);
    }
    io.say("task " + ended.id() + " " + ended.status().word() + (ended.error() == null ? "" : ": " + ended.error()) + "\n");
    return exit(ended);
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is ending, and the hook has its say
    }
  }
}
