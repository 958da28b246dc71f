package scripts.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.TaskStatus;

/** What stays behind in a worker after many tasks and a long rest: memory, threads, file handles; and what rest costs. */
public final class Soak {
  private static final int TASKS = 2000, WARM = 200, LANES = 8;
  private static final Duration REST = Duration.ofMinutes(10);
  private static final double TICK = 100; // ticks of the process clock per second, on every Linux
  private static final Duration SETTLING = Duration.ofSeconds(5);

  private final Rig rig;

  public Soak(Rig rig) {
    this.rig = rig;
  }

  /** @param state what the process holds, and the CPU seconds it has used */
  private record State(long memory, long threads, long files, double cpu) {
    static State of(Process process) throws IOException {
      var proc = Path.of("/proc/" + process.pid());
      var stat = Files.readString(proc.resolve("stat"));
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      try (var files = Files.list(proc.resolve("fd"))) {
        return new State(field(proc, "VmRSS"), field(proc, "Threads"), files.count(),
            (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICK);
      }
    }

    private static long field(Path proc, String name) throws IOException {
      return Files.readAllLines(proc.resolve("status")).stream().filter(l -> l.startsWith(name + ":"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(0);
    }
  }

  public void run() throws Exception {
    var agent = rig.agent("#!/bin/sh\ncat >/dev/null\necho done\n");
    var arguments = new ArrayList<>(List.of("--agent-bin", agent.toString(), "--max-concurrent-tasks", Integer.toString(LANES),
        "--log-level", "warn"));
    var folders = new ArrayList<Path>();
    for (var i = 0; i < LANES; i++) {
      folders.add(Files.createDirectories(rig.file("lane" + i)));
      arguments.addAll(List.of("-b", "lane" + i + ":" + folders.getLast()));
    }
    var worker = rig.worker(arguments.toArray(String[]::new));
    var ids = new ArrayList<String>();
    for (var folder : folders) {
      Rig.await("the codebase", () -> id(folder) != null);
      ids.add(id(folder));
    }
    tasks(ids, WARM);
    var warm = settled(worker);
    tasks(ids, TASKS);
    var after = settled(worker);
    Thread.sleep(REST);
    var rested = State.of(worker);
    print("after " + WARM + " tasks", warm);
    print("after " + TASKS + " more", after);
    print("after " + REST.toMinutes() + " minutes of rest", rested);
    rig.out().printf(Locale.ROOT, "idle CPU, %%: %.3f (aim: under 0.2)%n", (rested.cpu - after.cpu) / REST.toSeconds() * 100);
    rig.stop(worker);
  }

  private String id(Path folder) throws Exception {
    return rig.client().codebases().stream().filter(c -> folder.toString().equals(c.path())).map(c -> c.id()).findFirst().orElse(null);
  }

  private void tasks(List<String> codebases, int count) throws Exception {
    var last = new ArrayList<String>();
    for (var i = 0; i < count; i++) {
      var task = rig.client().create(new NewTask(codebases.get(i % codebases.size()), "t", "do it", "build", 0, null, null));
      if (i >= count - codebases.size()) {
        last.add(task.id());
      }
    }
    Rig.await("the tasks", () -> rig.client().tasks(new Client.Query(TaskStatus.PENDING, null, null, null)).isEmpty()
        && rig.client().tasks(new Client.Query(TaskStatus.RUNNING, null, null, null)).isEmpty());
    for (var id : last) {
      var task = rig.client().task(id);
      if (task.status() != TaskStatus.COMPLETED) {
        throw new IllegalStateException(id + " is " + task.status() + ": " + task.error());
      }
    }
  }

  private static State settled(Process worker) throws Exception {
    Thread.sleep(SETTLING);
    return State.of(worker);
  }

  private void print(String when, State state) {
    rig.out().printf(Locale.ROOT, "%s: %.0f MB, %d threads, %d file handles%n", when, state.memory / 1024.0, state.threads, state.files);
  }
}
