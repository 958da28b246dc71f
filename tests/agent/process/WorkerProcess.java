package tests.agent.process;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Orphans;
import lib.agent.process.ProcessTree;
import lib.agent.process.RunBudget;
import lib.agent.process.Supervisor;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.core.os.ProcFs;
import tests.program.Site;

/**
 * A process that does with agents what a worker does, and no more; a process of its own, since orphans become its children.
 * Arguments: a folder, then {@code contained} or {@code free}, then a mode of the made agent for each attempt, one after the
 * other; a mode that ends in {@code &} runs beside those after it until the folder has the file {@code gate}. Prints a line
 * {@code left N zombies N} after each.
 */
final class WorkerProcess {
  private final Path folder;
  private final boolean contained;
  private final List<Thread> beside = new ArrayList<>();

  private WorkerProcess(Path folder, boolean contained) {
    this.folder = folder;
    this.contained = contained;
  }

  public static void main(String[] args) throws Exception {
    Orphans.adopt();
    var worker = new WorkerProcess(Path.of(args[0]), args[1].equals("contained"));
    for (var i = 2; i < args.length; i++) {
      worker.attempt(i, args[i]);
    }
    Files.createFile(worker.folder.resolve("gate"));
    for (var thread : worker.beside) {
      thread.join();
    }
    System.exit(0);
  }

  private void attempt(int n, String mode) throws Exception {
    var attempt = AttemptDirectory.of(folder, "t", n);
    var code = Files.createDirectories(folder.resolve("code" + n));
    var aside = mode.endsWith("&");
    attempt.create();
    attempt.writeInputs(aside ? "wait " + folder.resolve("gate") : mode + " " + folder.resolve("note" + n), Json.object(), Json.object());
    RunBudget.write(attempt, Duration.ofMinutes(5));
    var supervisor = Supervisor.of(Environment.system()).start(attempt, new Supervisor.Launch(List.of(Site.agent(), "run"),
        Map.of("PATH", System.getenv("PATH")), code, code, Supervisor.Input.PROMPT), Duration.ofMinutes(1));
    var tree = new ProcessTree(attempt, supervisor.pid(), Clock.SYSTEM);
    while (attempt.pids().isEmpty()) {
      Clock.SYSTEM.sleep(Duration.ofMillis(5));
    }
    if (contained) {
      tree.contain();
    }
    if (!aside) {
      finish(attempt, tree, supervisor, n);
      return;
    }
    beside.add(Thread.ofPlatform().start(() -> {
      try {
        finish(attempt, tree, supervisor, n);
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }));
  }

  private void finish(AttemptDirectory attempt, ProcessTree tree, Process supervisor, int n) throws IOException, InterruptedException {
    supervisor.waitFor();
    var gone = tree.sweep();
    var note = folder.resolve("note" + n);
    var left = Files.exists(note) ? Files.readAllLines(note).stream().filter(pid -> ProcFs.stat(Long.parseLong(pid))
        .filter(stat -> !stat.isZombie()).isPresent()).count() : 0;
    var self = ProcessHandle.current().pid();
    var zombies = ProcFs.all().stream().filter(stat -> stat.isZombie() && stat.parent() == self).count();
    System.out.println("attempt " + n + " exit " + attempt.exit().orElseThrow().code() + " gone " + gone + " left " + left + " zombies " + zombies);
  }
}
