package lib.agent.process;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.OpenCode;
import lib.client.http.HttpTransport;
import lib.core.Json;
import lib.core.MachineFailure;
import lib.core.Problem;
import lib.core.os.ProcFs;
import lib.protocol.Task;
import lib.store.DurableFiles;

/**
 * One attempt's files, the contract between the worker and the supervisor; it holds between versions. The worker writes
 * {@code prompt}, {@code task.json}, {@code boot} (of the machine), {@code attempt.json} (for a worker whose journal is lost),
 * {@code kind} (of agent), {@code deadline}, {@code restart} (of the agent, without its session), and for an agent that reads
 * messages {@code sent} and {@code acp.json}. The supervisor writes {@code pid}, the mark that the agent was let go, {@code exit}, the
 * empty mark {@code overdue} and the pipe {@code in}. The agent's output goes to {@code out} and {@code err}; what people see of
 * it to {@code transcript}, certain up to the {@code checkpoint}.
 */
public record AttemptDirectory(Path path) {
  /** File systems take 255 bytes for a name; a longer id is cut and gets its hash. */
  private static final int MAX_NAME = 200;

  private static final String ATTEMPT = "attempt.json";
  private static final String KIND = "kind";
  private static final String RESTART = "restart";
  /** Made once, by the supervisor just before it becomes the agent, or by the worker, which forbids the start with another. */
  private static final String MARK = "pid";
  private static final String FORBIDDEN = "forbidden";
  /** The id of the machine's boot when the inputs were written. */
  private static final String BOOT = "boot";
  private static final String EXIT = "exit";
  static final String NUMBER = "\\d{1,18}"; // what fits into a long

  /** The directory of a task's n-th attempt. No id, whatever it holds, leads out of {@code tasks}. */
  public static AttemptDirectory of(Path stateDir, String taskId, int n) {
    var name = HttpTransport.encode(taskId);
    var safe = name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "~" + DurableFiles.digest(taskId);
    return new AttemptDirectory(stateDir.resolve("tasks").resolve(safe).resolve(Integer.toString(n)));
  }

  /**
   * The processes of an attempt.
   *
   * @param agent the agent, which leads its own session
   * @param agentStart its start in clock ticks since boot; with the boot id it tells it from a later process
   */
  public record Pids(long supervisor, long supervisorStart, long agent, long agentStart, String boot) {}

  /**
   * How the agent ended.
   *
   * @param code its exit code; 128 and the signal's number when a signal ended it
   * @param cause {@code ended}; {@code deadline}: the supervisor ended it; {@code unstarted}: the supervisor could not start it;
   *     {@code busy}: another agent held its codebase for the whole time
   */
  public record Exit(int code, String cause) {
    public static final String ENDED = "ended";
    public static final String DEADLINE = "deadline";
    public static final String UNSTARTED = "unstarted";
    public static final String BUSY = "busy";

    /** Whether the agent never ran, because this machine could not start it. */
    public boolean isUnstarted() {
      return cause.equals(UNSTARTED);
    }
  }

  /**
   * A second start of the agent, without the session that it was to continue.
   *
   * @param why for people
   * @param out how many bytes {@code out} had before
   * @param err how many bytes {@code err} had before
   */
  public record Restart(String why, long out, long err) {}

  /** Records which kind of agent runs here; before it runs. */
  public void adapter(Adapter adapter) throws MachineFailure {
    try {
      DurableFiles.create(file(KIND), adapter.kind().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /** What reads the agent's lines; OpenCode's where the directory names no known kind. */
  public Adapter adapter() throws IOException {
    return Adapters.of(ProcFs.read(file(KIND)).strip()).orElseGet(OpenCode::new);
  }

  /** Prepares a second start, whose output follows that of the first. The first supervisor must have ended. */
  public void prepareRestart(String why) throws MachineFailure {
    try {
      var restart = Json.object().put("why", why).put("out", file("out").toFile().length()).put("err", file("err").toFile().length());
      DurableFiles.write(file(RESTART), Json.write(restart).getBytes(StandardCharsets.UTF_8));
      Files.deleteIfExists(file(EXIT));
      Files.deleteIfExists(file(MARK));
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /** The second start, if there was one. */
  public Optional<Restart> restart() throws IOException {
    return json(RESTART).map(json -> new Restart(json.path("why").asText(), json.path("out").asLong(), json.path("err").asLong()));
  }

  /** Makes the directory, empty and for its owner only. */
  public void create() throws MachineFailure {
    try {
      clear();
      DurableFiles.folder(path);
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /**
   * Writes what the agent needs, readable by the owner only. When it returns, it is on the disk that the agent may start.
   *
   * @param attempt what the journal has of it
   */
  public void writeInputs(String prompt, ObjectNode task, ObjectNode attempt) throws MachineFailure {
    try {
      DurableFiles.folder(path);
      DurableFiles.create(file(ATTEMPT), Json.write(attempt).getBytes(StandardCharsets.UTF_8));
      DurableFiles.create(file("prompt"), prompt.getBytes(StandardCharsets.UTF_8));
      DurableFiles.create(file("task.json"), Json.write(task).getBytes(StandardCharsets.UTF_8));
      DurableFiles.create(file("out"), new byte[0]);
      DurableFiles.create(file("err"), new byte[0]);
      DurableFiles.replace(file(BOOT), ProcFs.boot().getBytes(StandardCharsets.US_ASCII)); // whole: a part of it reads as another boot
      DurableFiles.sync(path); // that it was about to start must survive a loss of power; what the agent reads need not, which dies of it
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /** The task, as it was when it was claimed; empty when it cannot be read. */
  public Optional<Task> task() throws IOException {
    return json("task.json").flatMap(Task::read);
  }

  /** What the journal had of it; empty where a loss of power left it half written. */
  public Optional<ObjectNode> attempt() throws IOException {
    return json(ATTEMPT);
  }

  /** Removes the directory with its files, if it is there, and its task's when it was the only attempt; no agent may use it. */
  public void clear() throws IOException {
    if (Files.isDirectory(path)) {
      try (var files = Files.list(path)) {
        for (var file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(path);
      try {
        Files.delete(path.getParent());
      } catch (DirectoryNotEmptyException e) {
        return; // other attempts are there
      }
    }
  }

  public Path file(String name) {
    return path.resolve(name);
  }

  /** The bytes of its files. */
  public long size() throws IOException {
    try (var files = Files.list(path)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** Every attempt's directory in this state directory. */
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

  /** The latest attempt at a task in this state directory; empty when there was none. */
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

  /** Whether it was made. */
  public boolean exists() {
    return Files.isDirectory(path);
  }

  /** The processes; empty until the supervisor has let the agent go. */
  public Optional<Pids> pids() throws IOException {
    var fields = fields(MARK);
    var supervisor = fields.get("supervisor");
    var agent = fields.get("agent");
    return !fields.containsKey("boot") ? Optional.empty() : Optional.of(new Pids(number(supervisor, 0), number(supervisor, 1),
        number(agent, 0), number(agent, 1), String.join("", fields.get("boot"))));
  }

  /** The process that feeds the agent with messages; 0 when there is none. */
  long feed() throws IOException {
    return number(fields(MARK).get("feed"), 0);
  }

  /** The end, once the supervisor has recorded it. */
  public Optional<Exit> exit() throws IOException {
    var fields = fields(EXIT);
    var code = fields.getOrDefault("code", List.of());
    return !fields.containsKey("cause") || code.isEmpty() || !code.getFirst().matches(NUMBER) ? Optional.empty()
        : Optional.of(new Exit((int) number(code, 0), String.join("", fields.get("cause"))));
  }

  /**
   * Whether the agent was let go. In doubt it was: when it has said something, and when the machine was started again since the
   * inputs were written, because a loss of power takes the mark along.
   */
  public boolean wasStarted() throws IOException {
    return exit().filter(Exit::isUnstarted).isEmpty() && (pids().isPresent() || hasText("out") || hasText("err")
        || Files.exists(file(BOOT)) && !ProcFs.read(file(BOOT)).equals(ProcFs.boot()));
  }

  private boolean hasText(String name) throws IOException {
    return Files.isRegularFile(file(name)) && Files.size(file(name)) > 0; // only the agent writes there
  }

  /** Why this machine could not start the agent; for an {@link Exit#isUnstarted} end. */
  public MachineFailure startFailure() {
    var said = ProcFs.read(file("supervisor.log")).strip();
    return new MachineFailure(new Problem("the agent could not be started", said.isEmpty() ? "its supervisor says nothing" : said,
        "make " + path + " writable for this user, with room on its disk, and check the limits of processes"), null);
  }

  /**
   * Decides for good whether the agent was let go. After false no supervisor starts it, not even one that this process does not
   * see: the mark can be made only once.
   *
   * @return as {@link #wasStarted}
   */
  public boolean forbidStart() throws MachineFailure {
    try {
      if (!exists()) {
        return false; // a supervisor cannot write its mark there either
      }
      if (wasStarted()) {
        return true;
      }
      try {
        Files.writeString(file(MARK), FORBIDDEN + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return false;
      } catch (FileAlreadyExistsException e) { // without content its supervisor fills it this instant, or died there
        return wasStarted() || !fields(MARK).containsKey(FORBIDDEN) && Supervisor.find(this).isPresent();
      }
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /**
   * Lines of a word and its values, which the supervisor writes at once. They count once the last line is there: that of the
   * boot, that of the cause.
   */
  private Map<String, List<String>> fields(String name) throws IOException {
    var fields = new HashMap<String, List<String>>();
    try {
      for (var line : Files.readAllLines(file(name), StandardCharsets.ISO_8859_1)) {
        var parts = List.of(line.strip().split(" "));
        fields.put(parts.getFirst(), parts.subList(1, parts.size()));
      }
    } catch (NoSuchFileException e) {
      return Map.of();
    }
    return fields;
  }

  private static long number(List<String> values, int place) {
    return values != null && place < values.size() && values.get(place).matches(NUMBER) ? Long.parseLong(values.get(place)) : 0;
  }

  /** A file that a loss of power may have left as anything: bytes that are no characters must not read as a failing disk. */
  private Optional<ObjectNode> json(String name) throws IOException {
    return Files.exists(file(name)) ? Json.readObject(new String(Files.readAllBytes(file(name)), StandardCharsets.UTF_8))
        : Optional.empty();
  }
}
