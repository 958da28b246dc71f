package lib.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.config.Json;
import lib.store.Durable;
import lib.wire.Http;
import lib.wire.Task;

/**
 * One attempt's files, the contract between the worker and the supervisor; it holds between versions. The worker writes
 * {@code prompt}, {@code task.json} and {@code deadline}; the supervisor writes {@code pid} and {@code exit}, and the
 * empty marks {@code lane} (the folder is ours), {@code busy} (it never became so), {@code withheld} (the agent was not let
 * go) and {@code overdue} (its budget was used up); the agent's
 * output goes to {@code out} and {@code err}; {@code closing} is the last line that people see.
 */
public record AttemptFolder(Path path) {
  /** File systems take 255 bytes for a name; longer ids are cut and told apart by their hash. */
  private static final int MAX_NAME = 200;

  /** The folder of a task's n-th attempt. No id, whatever it holds, leads out of {@code tasks}. */
  public static AttemptFolder of(Path stateDir, String taskId, int n) {
    var name = Http.encode(taskId);
    var safe = name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "~" + Digest.hex(taskId);
    return new AttemptFolder(stateDir.resolve("tasks").resolve(safe).resolve(Integer.toString(n)));
  }

  /**
   * The processes of an attempt.
   *
   * @param agent the agent, which leads its own session; 0 when it was never started
   * @param agentStart its start time in clock ticks since boot; with the boot id it tells it from a later process
   */
  public record Pids(long supervisor, long supervisorStart, long agent, long agentStart, String boot) {}

  /**
   * How the agent ended.
   *
   * @param code its exit code; 128 and the signal's number when a signal ended it
   * @param cause {@code ended}; {@code deadline}: the supervisor ended it; {@code lane}: the folder never became free;
   *     {@code withheld}: the agent was never let go
   */
  public record Exit(int code, String cause) {}

  /** Makes the folder, empty and for its owner only. */
  public void make() throws IOException {
    clear();
    Durable.folder(path);
  }

  /** Writes what the agent needs, on the disk when it returns and readable by the owner only. */
  public void prepare(String prompt, ObjectNode task) throws IOException {
    Durable.folder(path);
    Durable.create(file("prompt"), prompt.getBytes(StandardCharsets.UTF_8));
    Durable.create(file("task.json"), Json.write(task).getBytes(StandardCharsets.UTF_8));
    Durable.create(file("out"), new byte[0]);
    Durable.create(file("err"), new byte[0]);
    // all are made before the first is synced: a file system that is busy with that makes no other file meanwhile
    Durable.sync(file("prompt"));
    Durable.sync(file("task.json"));
    Durable.sync(path);
  }

  /** The task, as it was when it was claimed; empty when that cannot be read. */
  public Optional<Task> task() throws IOException {
    return Files.exists(file("task.json")) ? Json.readObject(Files.readString(file("task.json"))).flatMap(Task::read) : Optional.empty();
  }

  /** Removes the folder with what is in it, if it is there; only for attempts that never were. */
  public void clear() throws IOException {
    if (Files.isDirectory(path)) {
      try (var files = Files.list(path)) {
        for (var file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(path);
    }
  }

  public Path file(String name) {
    return path.resolve(name);
  }

  /** Sets when the supervisor ends the agent by itself: the machine's uptime then. */
  public void deadline(Duration fromNow) throws IOException {
    // the machine's power takes the agent along, so this need not survive it
    Durable.replace(file("deadline"), (uptime() + fromNow.toSeconds() + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** How long until the supervisor ends the agent by itself; empty when nobody has said. */
  public Optional<Duration> left() throws IOException {
    var file = file("deadline");
    return Files.exists(file) ? Optional.of(Duration.ofSeconds(number(List.of(Files.readString(file).strip()), 0) - uptime())) : Optional.empty();
  }

  /** The latest attempt at a task in this state folder; empty when there was none. */
  public static Optional<AttemptFolder> latest(Path stateDir, String taskId) throws IOException {
    var attempts = of(stateDir, taskId, 1).path.getParent();
    if (!Files.isDirectory(attempts)) {
      return Optional.empty();
    }
    try (var all = Files.list(attempts)) {
      return all.max(Comparator.comparingInt(p -> Integer.parseInt(p.getFileName().toString()))).map(AttemptFolder::new);
    }
  }

  /** Whether the agent has its folder to itself, so that it runs or has run. */
  public boolean begun() {
    return Files.exists(file("lane"));
  }

  /** Adds the line that people see last; from then on the transcript is complete. */
  public void close(String line) throws IOException {
    Durable.write(file("closing"), line.getBytes(StandardCharsets.UTF_8));
  }

  /** The processes, once the supervisor has said. */
  public Optional<Pids> pids() throws IOException {
    var words = words("pid");
    if (!words.containsKey("boot")) { // the last line: without it the file is still being written
      return Optional.empty();
    }
    var supervisor = words.get("supervisor");
    var agent = words.get("agent");
    return Optional.of(new Pids(number(supervisor, 0), number(supervisor, 1), number(agent, 0), number(agent, 1),
        String.join("", words.getOrDefault("boot", List.of()))));
  }

  /** The supervisor while it lives: the very process that said so, not a later one under its number. */
  public Optional<ProcessHandle> supervisor() throws IOException {
    var pids = pids();
    if (pids.isEmpty() || !pids.get().boot().equals(line(Path.of("/proc/sys/kernel/random/boot_id")))) {
      return Optional.empty();
    }
    var start = pids.get().supervisorStart();
    return ProcessHandle.of(pids.get().supervisor()).filter(p -> started(p.pid()) == start);
  }

  /** When a process started, in clock ticks since boot; 0 where that is not told. */
  private static long started(long pid) {
    var stat = line(Path.of("/proc/" + pid + "/stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    return fields.length < 20 ? 0 : Long.parseLong(fields[19]);
  }

  private static String line(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      return ""; // the process is gone, or this system does not tell
    }
  }

  /** The end, once the supervisor has said; it renames the file when it is whole. */
  public Optional<Exit> exit() throws IOException {
    var words = words("exit");
    return words.containsKey("code") ? Optional.of(new Exit((int) number(words.get("code"), 0),
        String.join("", words.getOrDefault("cause", List.of("ended"))))) : Optional.empty();
  }

  /** Lines of a word and its values. */
  private Map<String, List<String>> words(String name) throws IOException {
    var words = new HashMap<String, List<String>>();
    try {
      for (var line : Files.readAllLines(file(name), StandardCharsets.ISO_8859_1)) {
        var parts = List.of(line.strip().split(" "));
        words.put(parts.getFirst(), parts.subList(1, parts.size()));
      }
    } catch (NoSuchFileException e) {
      return Map.of();
    }
    return words;
  }

  private static long number(List<String> values, int place) {
    return values != null && place < values.size() && values.get(place).matches("\\d{1,18}") ? Long.parseLong(values.get(place)) : 0;
  }

  private static long uptime() throws IOException {
    var file = Path.of("/proc/uptime");
    return Files.exists(file) ? Long.parseLong(Files.readString(file).split("[. ]")[0]) : Long.MAX_VALUE / 2;
  }
}
