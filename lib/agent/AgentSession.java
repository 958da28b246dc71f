package lib.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lib.config.Time;

/**
 * The processes that an agent started, and ending them. A process belongs to the attempt when it is in the agent's
 * session, descends from it, or carries the attempt's marker variable, which also finds what has left the session.
 * The supervisor, which records the end, is never touched.
 */
public final class AgentSession {
  /** An agent that saves its work on INT or TERM has so long; both and the end make the 11 s that are promised. */
  private static final Duration RUNG = Duration.ofSeconds(5);
  private static final Duration AFTER_KILL = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(20);

  private final AttemptFolder folder;
  private final long supervisor;
  private final Time time;

  /**
   * The processes of an attempt.
   *
   * @param supervisor the supervisor's process, which also leads a session; 0 when it is long gone: then the agent's number may
   *     be another's by now, and only the marker tells
   */
  public AgentSession(AttemptFolder folder, long supervisor, Time time) {
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
    return rung("INT", RUNG) || rung("TERM", RUNG) || rung("KILL", AFTER_KILL);
  }

  /** Ends what an agent that is gone has left behind; the same ladder without the INT that it can no longer heed. */
  public boolean sweep() throws IOException, InterruptedException {
    return members().isEmpty() || rung("TERM", RUNG) || rung("KILL", AFTER_KILL);
  }

  /** Ends a supervisor that has started no agent, together with its helper. Nothing will record an end. */
  public static void abandon(long supervisor) throws IOException, InterruptedException {
    signal("KILL", Set.of(-supervisor));
  }

  private boolean rung(String signal, Duration most) throws IOException, InterruptedException {
    var until = time.nanos() + most.toNanos();
    var told = new HashSet<Long>();
    while (true) {
      var left = members();
      if (left.isEmpty()) {
        return true;
      }
      left.removeAll(told); // one signal each; a child that appears meanwhile gets its own
      if (!left.isEmpty()) {
        signal(signal, left);
        told.addAll(left);
      }
      if (time.nanos() >= until) {
        return false;
      }
      time.sleep(LOOK);
    }
  }

  /** What its processes have used up to now. */
  public Activity activity() throws IOException {
    return Activity.of(members());
  }

  /** The living processes of this attempt, the supervisor and its helpers left out. */
  public Set<Long> members() throws IOException {
    var agent = supervisor == 0 ? 0 : folder.pids().map(AttemptFolder.Pids::agent).orElse(0L);
    var found = new HashSet<Long>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var entry : all) {
        var pid = Long.parseLong(entry.getFileName().toString());
        var session = session(entry);
        if (session > 0 && session != supervisor && (session == agent || marked(entry))) {
          found.add(pid);
        }
      }
    } catch (NoSuchFileException e) {
      ProcessHandle.of(supervisor).stream().flatMap(ProcessHandle::descendants).map(ProcessHandle::pid).forEach(found::add);
      return found; // no /proc on this system: what has left the tree is not found there
    }
    ProcessHandle.of(agent).filter(a -> found.contains(a.pid())).map(ProcessHandle::descendants).orElseGet(Stream::empty)
        .filter(ProcessHandle::isAlive).map(ProcessHandle::pid).forEach(found::add);
    return found;
  }

  /** The session of a living process; 0 when it is gone or only waits to be reaped. */
  private static long session(Path entry) {
    try {
      var stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // the name before may hold spaces and brackets
      return fields[0].equals("Z") || fields[0].equals("X") ? 0 : Long.parseLong(fields[3]);
    } catch (IOException e) {
      return 0; // it ended while we looked
    }
  }

  private boolean marked(Path entry) {
    try {
      var environment = new String(Files.readAllBytes(entry.resolve("environ")), StandardCharsets.UTF_8);
      return ("\0" + environment).contains("\0" + Supervisor.MARKER + "=" + folder.path() + "\0");
    } catch (IOException e) {
      return false; // another user's process, or one that ended while we looked
    }
  }

  private static void signal(String signal, Set<Long> pids) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" -- \"$@\" 2>/dev/null", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    var kill = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    if (!kill.waitFor(5, TimeUnit.SECONDS)) { // kill only makes a system call; a machine that slow is not answering at all
      kill.destroyForcibly();
    }
  }
}
