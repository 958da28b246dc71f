package tests.program;

import module java.base;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.agent.process.DirectoryLock;
import lib.agent.process.Supervisor;
import lib.client.ApiClient;
import lib.core.Environment;
import lib.protocol.Task;
import lib.protocol.TaskStatus;

/**
 * The conditions that must hold once everything works again: each task completed, done exactly once, its output whole and in
 * order; no process left, no report pending in a journal, no directory locked. Its tasks are {@code ledger} agents, which note
 * their starts and ends outside of all files of the worker. For one thread.
 */
final class Settled {
  private static final Pattern CLOSING = Pattern.compile("— completed after [^\n]*\n");

  /** A task of a {@code ledger} agent. */
  private record Expected(String task, String name, int lines, Path folder) {
    String text() {
      return IntStream.rangeClosed(1, lines).mapToObj(i -> name + " line " + i + "\n").collect(Collectors.joining());
    }
  }

  private final Path home;
  private final ApiClient client;
  private final List<Expected> expected = Collections.synchronizedList(new ArrayList<>());
  private final Set<String> killed = ConcurrentHashMap.newKeySet(); // names of tasks whose agents were killed from outside
  private final Set<String> forgotten = ConcurrentHashMap.newKeySet(); // names of tasks of which nothing was left but a claim
  private int judged; // of the expected tasks, those already reported

  /** @param home the machine's home folder, with the state of all its workers */
  Settled(Path home, ApiClient client) {
    this.home = home;
    this.client = client;
  }

  /** The prompt of an agent that prints so many lines. @param gate a file or a number of seconds to wait for half-way, or null */
  static String prompt(String name, int lines, Object gate) {
    return "ledger " + name + " " + lines + " " + gate;
  }

  /** Expects the task with that prompt in this folder. */
  void expect(String task, String name, int lines, Path folder) {
    expected.add(new Expected(task, name, lines, folder));
  }

  /**
   * Every process of a worker was killed: an agent of it that had begun and whose end is not on record is lost.
   *
   * @param attempts the folder of its task's attempts
   */
  void killed(Path attempts) throws IOException {
    var one = find(attempts);
    if (!ledger(one.folder).contains("start " + one.name)) {
      return;
    }
    try (var all = Files.list(attempts)) {
      if (all.noneMatch(attempt -> Files.exists(attempt.resolve("exit")))) {
        killed.add(one.name);
      }
    }
  }

  /** A journal was lost: where the server has given the worker a task whose attempt has no folder yet, nobody here knows it. */
  void forgotten(Path attempts) throws IOException {
    var one = find(attempts);
    if (!ledger(one.folder).contains("start " + one.name)) {
      forgotten.add(one.name);
    }
  }

  private Expected find(Path attempts) {
    return List.copyOf(expected).stream().filter(e -> e.task.equals(attempts.getFileName().toString())).findFirst().orElseThrow();
  }

  /** Whether this task may note no end, since a fault has hit it. Any thread. */
  boolean isHit(String name) {
    return killed.contains(name) || forgotten.contains(name);
  }

  /** Waits until all conditions hold; returns the broken ones when the time is over. Reports each task once. */
  List<String> wrongs(Duration patience) throws Exception {
    var until = System.nanoTime() + patience.toNanos();
    var wrong = new ArrayList<String>();
    for (; judged < expected.size(); judged++) {
      var one = expected.get(judged);
      wait(until, () -> client.task(one.task).status().terminal());
      judge(client.task(one.task), one, wrong);
    }
    wait(until, () -> processes().isEmpty() && pending().isEmpty() && lanes().isEmpty());
    processes().forEach(process -> wrong.add("a process is left: " + process));
    pending().forEach(row -> wrong.add("the journal still has " + row));
    lanes().forEach(folder -> wrong.add("the lane of " + folder + " is still held"));
    for (var folder : folders()) {
      var names = expected.stream().filter(e -> e.folder.equals(folder)).map(Expected::name).collect(Collectors.toSet());
      ledger(folder).stream().filter(line -> !names.contains(line.replaceFirst("^(start|end) ", "")))
          .forEach(line -> wrong.add(folder + " has a ledger line of nobody: " + line));
    }
    return wrong;
  }

  /** Adds one line for a task that is wrong. */
  private void judge(Task task, Expected one, List<String> wrong) throws Exception {
    if (killed.contains(one.name) && task.status() == TaskStatus.FAILED) {
      judgeLost(task, one, wrong);
      return;
    }
    if (forgotten.contains(one.name) && String.valueOf(task.error()).contains("lost its record") && !ledger(one.folder).contains("start " + one.name)) {
      return;
    }
    var bad = new ArrayList<String>();
    if (task.status() != TaskStatus.COMPLETED) {
      bad.add("is " + task.status().word() + ": " + task.error());
    }
    var ledger = ledger(one.folder);
    for (var word : new String[] {"start ", "end "}) {
      var times = Collections.frequency(ledger, word + one.name);
      if (times != 1) {
        bad.add("has " + times + " times '" + word.strip() + "' in its ledger");
      }
    }
    var output = output(one.task);
    var text = one.text();
    if (!output.startsWith(text) || !CLOSING.matcher(output.substring(text.length())).matches()) {
      var at = common(output, text);
      bad.add("has another output than its agent wrote, from character " + at + " of " + text.length() + " on: '"
          + abbreviated(output.substring(at)) + "'");
    }
    if (task.status() == TaskStatus.COMPLETED && !(task.result() + "\n").equals(text)) {
      bad.add("has another result than its agent wrote: '" + abbreviated(task.result()) + "'");
    }
    if (!bad.isEmpty()) {
      wrong.add("task " + one.task + " (" + one.name + ") " + String.join("; it ", bad));
    }
  }

  /** A task whose agent was killed: it fails as lost, its agent has run once, and nothing of its output is missing or twice. */
  private void judgeLost(Task task, Expected one, List<String> wrong) throws Exception {
    var output = output(one.task);
    var closing = output.lastIndexOf("— failed (lost)");
    var starts = Collections.frequency(ledger(one.folder), "start " + one.name);
    if (closing < 0 || !one.text().startsWith(output.substring(0, closing)) || starts != 1 || !String.valueOf(task.error()).contains("vanished")) {
      wrong.add("task " + one.task + " (" + one.name + "), whose agent was killed, started " + starts + " times, failed with '" + task.error()
          + "' and has the output '" + abbreviated(output) + "'");
    }
  }

  private static int common(String a, String b) {
    var n = Math.min(a.length(), b.length());
    return IntStream.range(0, n).filter(i -> a.charAt(i) != b.charAt(i)).findFirst().orElse(n);
  }

  private static String abbreviated(String text) {
    var most = 200; // enough to see the difference
    return text == null || text.length() <= most ? text : text.substring(0, most) + "…";
  }

  private String output(String task) throws Exception {
    var all = new StringBuilder();
    for (long place = 0; ; ) {
      var page = client.output(task, place);
      page.chunks().forEach(all::append);
      place += page.chunks().size();
      if (place >= page.total()) {
        return all.toString();
      }
    }
  }

  private LinkedHashSet<Path> folders() {
    return List.copyOf(expected).stream().map(Expected::folder).collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The notes of the agents in this folder. */
  static List<String> ledger(Path folder) throws IOException {
    var file = folder.resolve("ledger");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  /** Agents, what they started, and supervisors, of any worker of this home. */
  private List<String> processes() {
    return marked(home).map(p -> p.pid() + " " + p.info().commandLine().map(Settled::abbreviated).orElse("?")).toList();
  }

  /** The living processes of all attempts below this folder: agents, what they started, and supervisors. */
  static Stream<ProcessHandle> marked(Path folder) {
    return ProcessHandle.allProcesses().filter(process -> isMarked(process, folder));
  }

  private static boolean isMarked(ProcessHandle process, Path folder) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1)
          .contains(Supervisor.MARKER + "=" + folder + "/");
    } catch (IOException e) {
      return false; // it ended in between
    }
  }

  /** The pending reports in the journals of this home's workers. */
  private List<String> pending() throws IOException, SQLException {
    var pending = new ArrayList<String>();
    var states = home.resolve(".local/state/a2a-worker");
    try (var workers = Files.list(states)) {
      for (var journal : workers.map(w -> w.resolve("journal.db")).filter(Files::exists).toList()) {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:file:" + journal + "?mode=ro");
            var statement = connection.createStatement();
            var rows = statement.executeQuery("SELECT state, task_id, n FROM attempt WHERE state <> 'SETTLED' ORDER BY id")) {
          while (rows.next()) {
            pending.add(rows.getString(1) + " of task " + rows.getString(2) + ", attempt " + rows.getInt(3) + ", of worker "
                + journal.getParent().getFileName());
          }
        }
      }
    }
    return pending;
  }

  private List<Path> lanes() throws IOException {
    return List.copyOf(DirectoryLock.of(Environment.system()).held(List.copyOf(folders())));
  }

  private static void wait(long until, Callable<Boolean> condition) throws Exception {
    while (!condition.call() && System.nanoTime() < until) {
      Thread.sleep(20);
    }
  }
}
