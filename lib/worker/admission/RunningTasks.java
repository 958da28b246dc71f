package lib.worker.admission;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.ReloadableSettings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Reporting;
import lib.journal.Attempt;
import lib.protocol.Task;

/** The tasks that run now, each with its place, and the number of places. Thread-safe; readers meet neither lock nor file. */
public final class RunningTasks implements Reporting {

  /**
   * A task's place, from before its claim to its end. Thread-safe.
   *
   * @param directory where its agent works, links resolved; null when it needs no directory
   * @param since {@link Clock#nanos} at which it got its place
   * @param claim its attempt, once it is claimed
   * @param strongest the strongest stop request so far
   */
  public record RunningTask(Task task, Path directory, long since, AtomicReference<Attempt> claim, AtomicReference<StopRequest> strongest) {

    public String taskId() {
      return task.id();
    }

    /** The claimed attempt; empty before the claim. */
    public Optional<Attempt> attempt() {
      return Optional.ofNullable(claim.get());
    }

    /** Records that the task is claimed. */
    public void claimed(Attempt claimed) {
      claim.set(claimed);
    }

    /** Requests its stop; false when a request as strong is there already. A weaker one neither hides nor replaces it. */
    public boolean stop(StopRequest request) {
      var before = strongest.getAndUpdate(now -> now == null || request.isStrongerThan(now) ? request : now);
      return before == null || request.isStrongerThan(before);
    }

    /** The strongest stop request so far. */
    public Optional<StopRequest> stopRequest() {
      return Optional.ofNullable(strongest.get());
    }
  }

  private final ReloadableSettings settings;
  private final Clock clock;
  private final Map<String, RunningTask> places = new ConcurrentHashMap<>();
  private final Set<String> unresolved = ConcurrentHashMap.newKeySet();
  private volatile int slots;

  /** No task runs. */
  public RunningTasks(ReloadableSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** How many tasks may run at the same time. */
  public int slots() {
    return slots == 0 ? settings.get(SettingsTable.MAX_CONCURRENT_TASKS) : slots;
  }

  /** Sets the number of slots; 0 for what the settings say. Tasks beyond it run to their end. */
  public void slots(int most) {
    slots = most;
  }

  /** How many more tasks may start; negative while more run than slots are left. */
  public int free() {
    return slots() - places.size();
  }

  /**
   * Gives a task its place before it is claimed.
   *
   * @param directory where its agent will work, links resolved; null for none
   * @return null when it has a place already
   */
  public RunningTask add(Task task, Path directory) {
    var place = new RunningTask(task, directory, clock.nanos(), new AtomicReference<>(), new AtomicReference<>());
    return places.putIfAbsent(task.id(), place) == null ? place : null;
  }

  /** Gives the place back. */
  public void remove(RunningTask place) {
    places.remove(place.task.id(), place);
  }

  /** Requests the stop of a task; false when it does not run here, or a request as strong is there already. */
  public boolean stop(String taskId, StopRequest request) {
    var place = places.get(taskId);
    return place != null && place.stop(request);
  }

  /** Requests the stop of all tasks. */
  public void stopAll(StopRequest request) {
    places.values().forEach(place -> place.stop(request));
  }

  public boolean has(String taskId) {
    return places.containsKey(taskId);
  }

  /** The place of a task. */
  public Optional<RunningTask> find(String taskId) {
    return Optional.ofNullable(places.get(taskId));
  }

  /** Each directory in which a task works, and who that is, for people. */
  public Map<Path, String> holders() {
    var holders = new HashMap<Path, String>();
    places.values().stream().filter(place -> place.directory != null).forEach(place -> holders.put(place.directory, "task " + place.task.id()));
    return holders;
  }

  /** The directories of the claimed attempts, whose agents may hold them. */
  public Set<Path> worked() {
    return places.values().stream().filter(place -> place.attempt().isPresent() && place.directory != null).map(RunningTask::directory)
        .collect(Collectors.toSet());
  }

  /** Keeps a task from being taken: an earlier process may have claimed it. */
  public void markUnresolved(String taskId) {
    unresolved.add(taskId);
  }

  /** It is known what became of the claims of earlier processes. */
  public void markResolved(String taskId) {
    unresolved.remove(taskId);
  }

  /** The tasks that an earlier process may have claimed. */
  public Set<String> unresolved() {
    return Set.copyOf(unresolved);
  }

  public int size() {
    return places.size();
  }

  /** All places. */
  public List<RunningTask> all() {
    return List.copyOf(places.values());
  }

  /** The claimed attempts. */
  public List<Attempt> attempts() {
    return places.values().stream().flatMap(place -> place.attempt().stream()).toList();
  }

  /** Task id to the number of its claim, for the heartbeat. */
  public Map<String, Integer> attemptNumbers() {
    var numbers = new HashMap<String, Integer>();
    attempts().forEach(attempt -> numbers.put(attempt.taskId(), attempt.fence()));
    return numbers;
  }

  @Override
  public void status(ObjectNode json) {
    json.putObject("slots").put("most", slots()).put("taken", places.size());
    var running = json.putArray("running");
    places.values().forEach(place -> {
      var attempt = place.attempt().orElse(null);
      var stop = place.stopRequest().map(StopRequest::toString).orElse(null);
      running.addObject().put("task_id", place.task.id()).put("codebase_id", place.task.codebase()).put("agent_type", place.task.agent())
          .put("title", place.task.title()).put("seconds", Duration.ofNanos(clock.nanos() - place.since).toSeconds())
          .put("step", attempt == null ? "claiming" : stop != null ? "stopping" : "running").put("attempt", attempt == null ? 0 : attempt.n())
          .put("directory", attempt == null || attempt.codebase() == null ? null : attempt.codebase().toString()).put("stop", stop);
    });
  }
}
