package lib.agent.process;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.Adapters;
import lib.agent.adapter.OpenCode;
import lib.core.Json;
import lib.store.Durable;
import lib.wire.Http;
import lib.wire.Task;

/**
 * One attempt's files, the contract between the worker and the supervisor; it holds between versions. The worker writes
 * {@code prompt}, {@code task.json}, {@code kind} (of agent), {@code anew} (at a second
 * start), {@code deadline}, the mark {@code no-input} where the agent's input
 * is not the prompt, and {@code attempt.json}, which a worker whose journal is lost reads; the supervisor writes {@code pid} and
 * {@code exit}, and the empty marks {@code lane} (the folder is ours), {@code busy} (it never became so), {@code withheld} (the agent was not let
 * go) and {@code overdue} (its budget was used up); the agent's output goes to {@code out} and {@code err}; {@code closing}
 * is the last line that people see, but for {@code masked}, which says what was masked.
 */
public record AttemptDirectory(Path path) {
  /** File systems take 255 bytes for a name; longer ids are cut and told apart by their hash. */
  private static final int MAX_NAME = 200;

  private static final String ATTEMPT = "attempt.json";
  private static final String KIND = "kind";
  private static final String NUMBER = "\\d{1,18}"; // what fits into a long

  /** The folder of a task's n-th attempt. No id, whatever it holds, leads out of {@code tasks}. */
  public static AttemptDirectory of(Path stateDir, String taskId, int n) {
    var name = Http.encode(taskId);
    var safe = name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "~" + Digest.hex(taskId);
    return new AttemptDirectory(stateDir.resolve("tasks").resolve(safe).resolve(Integer.toString(n)));
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

  /** Says which kind of agent runs here, and whether its input is the prompt; before it runs. */
  public void adapter(Adapter adapter, boolean promptOnInput) throws IOException {
    Durable.create(file(KIND), adapter.kind().getBytes(StandardCharsets.US_ASCII));
    if (!promptOnInput) {
      Durable.create(file("no-input"), new byte[0]);
    }
  }

  /** What reads the agent's lines; for folders that do not say, and for kinds that later versions have, OpenCode's. */
  public Adapter adapter() throws IOException {
    var kind = Files.exists(file(KIND)) ? Files.readString(file(KIND), StandardCharsets.ISO_8859_1).strip() : "";
    return Adapters.of(kind).orElseGet(OpenCode::new);
  }

  /**
   * A second start of the agent, without the session that it was to go on with.
   *
   * @param why for people
   * @param out how much was in {@code out} before
   * @param err how much was in {@code err} before
   */
  public record Restart(String why, long out, long err) {
    public static final Restart NOWHERE = new Restart("", 0, 0);
  }

  /**
   * Prepares for a second start: its output follows that of the first. The first supervisor must have ended.
   *
   * @param why for people
   */
  public void prepareRestart(String why) throws IOException {
    var out = Files.exists(file("out")) ? Files.size(file("out")) : 0;
    var err = Files.exists(file("err")) ? Files.size(file("err")) : 0;
    Durable.write(file("anew"), Json.write(Json.object().put("why", why).put("out", out).put("err", err)).getBytes(StandardCharsets.UTF_8));
    for (var mark : new String[] {"exit", "pid", "lane"}) {
      Files.deleteIfExists(file(mark));
    }
  }

  /** The second start, if there was one. */
  public Optional<Restart> restart() throws IOException {
    return json("anew").map(json -> new Restart(json.path("why").asText(), json.path("out").asLong(), json.path("err").asLong()));
  }

  /** Makes the folder, empty and for its owner only. */
  public void create() throws IOException {
    clear();
    Durable.folder(path);
  }

  /** Writes what the agent needs, on the disk when it returns and readable by the owner only; and what the journal has of it. */
  public void writeInputs(String prompt, ObjectNode task, ObjectNode attempt) throws IOException {
    Durable.folder(path);
    Durable.create(file(ATTEMPT), Json.write(attempt).getBytes(StandardCharsets.UTF_8)); // for a lost journal: not synced, people wait
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
    return json("task.json").flatMap(Task::read);
  }

  /** Removes the folder with what is in it, if it is there; only for attempts that never were, or that are long over. */
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

  /** How long until the supervisor ends the agent by itself; empty when nobody has said, or when that is no number. */
  public Optional<Duration> remaining() throws IOException {
    var file = file("deadline");
    var end = Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1).strip() : "";
    return end.matches(NUMBER) ? Optional.of(Duration.ofSeconds(Long.parseLong(end) - uptime())) : Optional.empty();
  }

  /** Every attempt's folder in this state folder. */
  public static List<AttemptDirectory> all(Path stateDir) throws IOException {
    var all = new ArrayList<AttemptDirectory>();
    var tasks = stateDir.resolve("tasks");
    if (Files.isDirectory(tasks)) {
      try (var folders = Files.newDirectoryStream(tasks, Files::isDirectory)) {
        for (var task : folders) {
          try (var attempts = Files.newDirectoryStream(task, Files::isDirectory)) {
            attempts.forEach(attempt -> all.add(new AttemptDirectory(attempt)));
          }
        }
      }
    }
    return all;
  }

  /** What the journal had of it; empty where an older version made the folder, or a loss of power left it half written. */
  public Optional<ObjectNode> attempt() throws IOException {
    return json(ATTEMPT);
  }

  /** A file that a loss of power may have left as anything: bytes that are no characters must not read as a failing disk. */
  private Optional<ObjectNode> json(String name) throws IOException {
    return Files.exists(file(name)) ? Json.readObject(new String(Files.readAllBytes(file(name)), StandardCharsets.UTF_8))
        : Optional.empty();
  }

  /** Whether an agent was let go; what its supervisor was never told to start it did not start. What it said tells that, too. */
  public boolean wasStarted() throws IOException {
    return !Files.exists(file("withheld")) && (pids().isPresent() || said("out") || said("err"));
  }

  private boolean said(String name) throws IOException {
    return Files.exists(file(name)) && Files.size(file(name)) > 0;
  }

  /** The bytes of its files. */
  public long size() throws IOException {
    try (var files = Files.list(path)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** The latest attempt at a task in this state folder; empty when there was none. */
  public static Optional<AttemptDirectory> latest(Path stateDir, String taskId) throws IOException {
    var attempts = of(stateDir, taskId, 1).path.getParent();
    if (!Files.isDirectory(attempts)) {
      return Optional.empty();
    }
    try (var all = Files.list(attempts)) {
      return all.filter(p -> p.getFileName().toString().matches("\\d{1,9}"))
          .max(Comparator.comparingInt(p -> Integer.parseInt(p.getFileName().toString()))).map(AttemptDirectory::new);
    }
  }

  /** Whether the agent has its codebase to itself, so that it runs or has run; before that it waits for another one's end. */
  public boolean hasDirectory() {
    return Files.exists(file("lane"));
  }

  /** Adds the line that people see last; from then on the transcript is complete. */
  public void close(String line) throws IOException {
    Durable.write(file("closing"), line.getBytes(StandardCharsets.UTF_8));
  }

  /** The processes, once the supervisor has said. */
  public Optional<Pids> pids() throws IOException {
    var words = fields("pid");
    if (!words.containsKey("boot")) { // the last line: without it the file is still being written
      return Optional.empty();
    }
    var supervisor = words.get("supervisor");
    var agent = words.get("agent");
    return Optional.of(new Pids(number(supervisor, 0), number(supervisor, 1), number(agent, 0), number(agent, 1),
        String.join("", words.getOrDefault("boot", List.of()))));
  }

  /**
   * The supervisor while it lives: the very process that said so, not a later one under its number. Boot, start time and the
   * marker in its environment must all agree.
   */
  public Optional<ProcessHandle> supervisor() throws IOException {
    var pids = pids();
    if (pids.isEmpty() || !pids.get().boot().equals(line(Path.of("/proc/sys/kernel/random/boot_id")))) {
      return Optional.empty();
    }
    var start = pids.get().supervisorStart();
    return ProcessHandle.of(pids.get().supervisor()).filter(p -> started(p.pid()) == start && carriesMarker(p.pid()));
  }

  /** Whether a process carries this attempt's marker; true of every one where the system does not tell. */
  private boolean carriesMarker(long pid) {
    return !Files.exists(Path.of("/proc/self/environ")) || carriesMarker(Path.of("/proc/" + pid));
  }

  /** Whether the process of this {@code /proc} entry carries this attempt's marker. */
  boolean carriesMarker(Path entry) {
    return marker(entry).filter(path.toString()::equals).isPresent();
  }

  /** The marker that the process of this {@code /proc} entry carries; empty for most, and for those that may not be looked at. */
  static Optional<String> marker(Path entry) {
    try {
      var start = Supervisor.MARKER + "=";
      for (var variable : new String(Files.readAllBytes(entry.resolve("environ")), StandardCharsets.UTF_8).split("\0")) {
        if (variable.startsWith(start)) {
          return Optional.of(variable.substring(start.length()));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // another user's process, or one that ended while we looked
    }
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
    var words = fields("exit");
    return words.containsKey("code") && !words.get("code").isEmpty() && words.get("code").getFirst().matches(NUMBER) ? Optional.of(new Exit((int) number(words.get("code"), 0),
        String.join("", words.getOrDefault("cause", List.of("ended"))))) : Optional.empty();
  }

  /** Lines of a word and its values. */
  private Map<String, List<String>> fields(String name) throws IOException {
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
    return values != null && place < values.size() && values.get(place).matches(NUMBER) ? Long.parseLong(values.get(place)) : 0;
  }

  private static long uptime() throws IOException {
    var file = Path.of("/proc/uptime");
    return Files.exists(file) ? Long.parseLong(Files.readString(file).split("[. ]")[0]) : Long.MAX_VALUE / 2;
  }
}
