package lib.agent.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import lib.core.Clock;

/**
 * The processes that an agent started, and ending them. A process belongs to the attempt when it is in the agent's
 * session, carries the attempt's marker variable, which also finds what has left the session, or descends from one that
 * does. What was seen to descend belongs to it for good: once its parents are gone nothing else tells of a process that
 * left the session and cleared its variables. The supervisor, which records the end, is never touched. Thread-safe.
 */
public final class ProcessTree {
  /** An agent that saves its work on INT or TERM has so long; both and the end make the 11 s that are promised. */
  private static final Duration RUNG = Duration.ofSeconds(5);
  private static final Duration AFTER_KILL = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(20);

  private final AttemptDirectory folder;
  private final long supervisor;
  private final Clock time;
  private final Map<Long, Long> seen = new ConcurrentHashMap<>(); // process id to start time, which tells it from a later one

  /** @param started in clock ticks since boot */
  private record Living(long pid, long parent, long session, long started) {}

  /**
   * The processes of an attempt; keep it as long as the attempt, since it remembers those that it has seen.
   *
   * @param supervisor the supervisor's process, which also leads a session; 0 when it is long gone: then the agent's number may
   *     be another's by now, and only the marker tells
   */
  public ProcessTree(AttemptDirectory folder, long supervisor, Clock time) {
    this.folder = folder;
    this.supervisor = supervisor;
    this.time = time;
  }

  /**
   * INT, then TERM, then KILL to everything that is left, each as soon as the one before has had its time; returns at once
   * when a polite agent is gone, after 11 s at the worst.
   *
   * @return whether all are gone
   */
  public boolean end() throws IOException, InterruptedException {
    return signalAndWait("INT", RUNG) || signalAndWait("TERM", RUNG) || signalAndWait("KILL", AFTER_KILL);
  }

  /** Ends what an agent that is gone has left behind; the same ladder without the INT that it can no longer heed. */
  public boolean sweep() throws IOException, InterruptedException {
    return processes().isEmpty() || signalAndWait("TERM", RUNG) || signalAndWait("KILL", AFTER_KILL);
  }

  /** Ends a supervisor that has started no agent, together with its helper. Nothing will record an end. */
  public static void abandon(long supervisor) throws IOException, InterruptedException {
    signal("KILL", List.of(-supervisor));
  }

  private boolean signalAndWait(String signal, Duration most) throws IOException, InterruptedException {
    var until = time.nanos() + most.toNanos();
    var told = new HashSet<Long>();
    while (true) {
      var left = processes();
      if (left.isEmpty()) {
        return true;
      }
      left.removeAll(told); // one signal each; a child that appears meanwhile gets its own
      if (!left.isEmpty()) {
        signal(signal, parentsFirst(left));
        told.addAll(left);
      }
      if (time.nanos() >= until) {
        return false;
      }
      time.sleep(LOOK);
    }
  }

  /** What its processes have used up to now. */
  public ProcessActivity activity() throws IOException {
    return ProcessActivity.of(processes());
  }

  /**
   * The folders of all attempts of which a process lives, by the markers: one look at the machine for many attempts. Null where the
   * system does not tell.
   */
  public static Set<String> attemptsAlive() throws IOException {
    var found = new HashSet<String>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var entry : all) {
        AttemptDirectory.marker(entry).ifPresent(found::add);
      }
    } catch (NoSuchFileException e) {
      return null;
    }
    return found;
  }

  /** The living processes of this attempt, the supervisor and its helpers left out. */
  public Set<Long> processes() throws IOException {
    var agent = supervisor == 0 ? 0 : folder.pids().map(AttemptDirectory.Pids::agent).orElse(0L);
    var found = new HashSet<Long>();
    var children = new HashMap<Long, List<Living>>();
    var waiting = new ArrayList<Living>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var entry : all) {
        var process = attemptsAlive(entry);
        if (process == null || process.session == supervisor) {
          continue;
        }
        children.computeIfAbsent(process.parent, p -> new ArrayList<>()).add(process);
        if (agent > 0 && process.session == agent || folder.carriesMarker(entry) || seen.getOrDefault(process.pid, -1L) == process.started) {
          waiting.add(process);
        }
      }
    } catch (NoSuchFileException e) {
      ProcessHandle.of(supervisor).stream().flatMap(ProcessHandle::descendants).map(ProcessHandle::pid).forEach(found::add);
      return found; // no /proc on this system: what has left the tree is not found there
    }
    while (!waiting.isEmpty()) {
      var process = waiting.removeLast();
      if (found.add(process.pid)) {
        seen.put(process.pid, process.started);
        waiting.addAll(children.getOrDefault(process.pid, List.of()));
      }
    }
    return found;
  }

  /** A living process; null when it is gone or only waits to be reaped. */
  private static Living attemptsAlive(Path entry) {
    try {
      var stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // the name before may hold spaces and brackets
      return fields[0].equals("Z") || fields[0].equals("X") ? null : new Living(Long.parseLong(entry.getFileName().toString()),
          Long.parseLong(fields[1]), Long.parseLong(fields[3]), Long.parseLong(fields[19]));
    } catch (IOException e) {
      return null; // it ended while we looked
    }
  }

  /** The oldest first: an agent that sees its tool end before it is told itself would go on with the tool's failure. */
  private List<Long> parentsFirst(Set<Long> pids) {
    return pids.stream().sorted(Comparator.comparing((Long pid) -> seen.getOrDefault(pid, 0L)).thenComparing(pid -> pid)).toList();
  }

  private static void signal(String signal, List<Long> pids) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" -- \"$@\" 2>/dev/null", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    var kill = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    if (!kill.waitFor(5, TimeUnit.SECONDS)) { // kill only makes a system call; a machine that slow is not answering at all
      kill.destroyForcibly();
    }
  }
}
