package lib.agent.process;

import module java.base;
import lib.agent.process.AttemptDirectory.Exit;
import lib.core.Environment;
import lib.core.MachineFailure;
import lib.core.Problem;
import lib.core.os.ProcFs;
import lib.core.os.SystemCalls;

/**
 * Starts an agent under a small shell process that outlives the worker. The agent leads a session of its own, reads its prompt
 * from a file and writes to files, so nothing blocks when the worker dies and its output is its own spool.
 *
 * <p>The script is handed over as text, so that an upgrade cannot change a running one. The shell runs the agent in its
 * foreground, because a shell's background job ignores INT, an ignored signal is inherited, and an interrupted {@code wait}
 * records the wrong exit code. It catches signals with a handler that does nothing, because only caught signals are the default
 * again in the agent. Every program on the way to the agent costs people a millisecond: there are four, and only the last forks.
 *
 * @param setsid the program that begins a session
 * @param lock the lock that supervisors hold
 */
public record Supervisor(Path setsid, DirectoryLock lock) {
  /** Names the attempt that a process belongs to, also when it has left the agent's session. */
  public static final String MARKER = "A2A_ATTEMPT";

  private static final String NAME = "a2a-supervisor";
  private static final int KILL = 9;
  private static final int TERM = 15;

  /**
   * Descriptor 3 is the lock, 4 the pipe that closes when the worker dies, 5 the agent's stderr. The worker ends an agent whose
   * time is up; the watch does so once there is no worker. What was written is synced only then, too: a worker that lives puts
   * the outcome into its journal. An agent that reads messages has a pipe as its input, into which a process of its own, the feed,
   * copies the file of the messages: so it outlives the worker, and what stands in the file is sent once.
   */
  private static final String TEXT = """
      dir=$1 in=$2
      shift 2
      trap : INT TERM HUP
      self() {
        IFS= read -r line </proc/self/stat
        pid=${line%% *}
        set -- ${line##*) }
        parent=$2 began=${20}
      }
      self; boss="supervisor $pid $began" worker=$parent
      read -r boot </proc/sys/kernel/random/boot_id
      exec 4<&0 </dev/null
      feed=
      if [ "$in" = "$dir/in" ]; then
        [ -p "$in" ] || mkfifo -m 600 "$in"
        tail -c +1 -f "$dir/sent" >"$in" 3<&- 4<&- &
        feed=$!
      fi
      (
        read -r line <&4
        nap=
        trap 'kill $nap 2>/dev/null; exit 0' TERM
        while kill -0 $$ 2>/dev/null; do
          read -r end <"$dir/deadline" && read -r up line </proc/uptime && [ "${up%%.*}" -ge "$end" ] && break
          sleep 5 & nap=$!
          wait $nap
        done
        kill -0 $$ 2>/dev/null || exit 0
        : >"$dir/overdue"
        while read -r word pid line; do [ "$word" = agent ] && agent=$pid; done <"$dir/pid"
        for signal in INT TERM KILL; do
          kill -s $signal -- "-$agent"
          sleep 5 & nap=$!
          wait $nap
        done
      ) 3<&- &
      watch=$!
      (
        exec <"$in" >>"$dir/out" 5>>"$dir/err" 4<&-
        self
        set -C
        printf '%s\\n' "$boss" "agent $pid $began" ${feed:+"feed $feed"} "boot $boot" >"$dir/pid" || exit 1
        exec setsid "$@" 2>&5 3<&- 5>&-
      )
      code=$?
      kill $watch $feed
      exec 3<&-
      cause=ended
      [ -e "$dir/overdue" ] && cause=deadline
      if ! { read -r line <"$dir/pid" && [ "$line" = "$boss" ]; } && ! [ -s "$dir/out" ] && ! [ -s "$dir/err" ]; then cause=unstarted; fi
      until printf '%s\\n' "code $code" "cause $cause" >"$dir/exit"; do
        [ -d "$dir" ] || exit $code
        sleep 1
      done
      self
      [ "$parent" = "$worker" ] || sync "$dir/exit" "$dir/out" "$dir/err"
      exit $code
      """;

  /**
   * What to run.
   *
   * @param argv the agent and its arguments; never seen by a shell as text
   * @param directory where the agent works
   * @param codebase the directory that no other agent may work in meanwhile; null for none
   * @param input what the agent reads
   */
  public record Launch(List<String> argv, Map<String, String> environment, Path directory, Path codebase, Input input) {}

  /** What an agent reads: the file {@code prompt}, nothing, or the messages in the file {@code sent} as they come. */
  public enum Input { PROMPT, NOTHING, MESSAGES }

  /**
   * Supervisors on this machine.
   *
   * @throws Problem when the machine lacks what they need
   */
  public static Supervisor of(Environment env) {
    return new Supervisor(env.program("setsid").orElseThrow(() -> new Problem("no agent can be started on this machine",
        "there is no program setsid on the PATH", "install util-linux")), DirectoryLock.of(env));
  }

  /**
   * Starts a supervisor, which starts the agent as soon as the codebase is free. The inputs must be written. Returns at once;
   * {@link AttemptDirectory#pids} says when the agent was let go. The process ends after it has recorded the agent's end, with
   * the agent's exit code. Keep its output stream open: its end tells the supervisor that no worker watches any more.
   *
   * @param patience how long to wait for the codebase; {@link #exit} tells that it took longer
   * @throws MachineFailure when the machine cannot start it
   */
  public Process start(AttemptDirectory attempt, Launch launch, Duration patience) throws MachineFailure {
    var command = new ArrayList<>(List.of(setsid.toString()));
    command.addAll(lock.command(launch.codebase, patience));
    command.addAll(List.of("/bin/sh", "-c", TEXT, NAME, attempt.path().toString(), switch (launch.input) {
      case PROMPT -> attempt.file("prompt").toString();
      case NOTHING -> "/dev/null";
      case MESSAGES -> attempt.file("in").toString();
    }));
    command.addAll(launch.argv);
    var builder = new ProcessBuilder(command).directory(launch.directory.toFile()).redirectErrorStream(true)
        .redirectOutput(attempt.file("supervisor.log").toFile());
    builder.environment().clear();
    builder.environment().putAll(launch.environment);
    builder.environment().put(MARKER, attempt.path().toString());
    try {
      return Orphans.spawn(builder);
    } catch (IOException e) {
      throw new MachineFailure(new Problem("no agent can be started in " + launch.directory, String.valueOf(e.getMessage()),
          "check the limits of processes and open files of this user, and that the folder may be read"), e);
    }
  }

  /**
   * How an agent ended whose supervisor this process has started; empty while the supervisor lives, and when it was killed. Its
   * exit code is the agent's, which counts where somebody deleted the attempt's directory.
   */
  public static Optional<Exit> exit(AttemptDirectory attempt, Process supervisor) throws IOException {
    if (supervisor.isAlive()) { // asked first: one that is gone has written all it will
      return Optional.empty();
    }
    var recorded = attempt.exit();
    return recorded.isPresent() ? recorded : DirectoryLock.gaveUp(supervisor.exitValue()) && !attempt.wasStarted()
        ? Optional.of(new Exit(supervisor.exitValue(), Exit.BUSY))
        : Files.isDirectory(attempt.path()) ? Optional.empty() : Optional.of(new Exit(supervisor.exitValue(), Exit.ENDED));
  }

  /** The living supervisor of an attempt, whichever worker started it, also while it waits for its codebase. */
  public static Optional<ProcessHandle> find(AttemptDirectory attempt) throws IOException {
    var pids = attempt.pids();
    if (pids.isPresent() && !pids.get().boot().equals(ProcFs.boot())) {
      return Optional.empty();
    }
    var candidates = pids.isEmpty() ? ProcFs.all().stream() : ProcFs.stat(pids.get().supervisor()).stream()
        .filter(stat -> stat.start() == pids.get().supervisorStart());
    return candidates.filter(stat -> !stat.isZombie() && stat.pid() == stat.session() && isSupervisor(stat.pid(), attempt)).findFirst()
        .flatMap(stat -> ProcessHandle.of(stat.pid()));
  }

  private static boolean isSupervisor(long pid, AttemptDirectory attempt) {
    return ProcFs.variable(pid, MARKER).filter(attempt.path().toString()::equals).isPresent()
        && ProcFs.commandLine(pid).contains(NAME);
  }

  /** Kills a supervisor whose agent has not begun, so that it never does; needs no room on a disk. */
  public static void abandon(ProcessHandle supervisor) {
    SystemCalls.kill(-supervisor.pid(), KILL);
    SystemCalls.kill(supervisor.pid(), KILL); // it may not lead its session yet
  }

  /** Ends the input of an agent that reads messages, whose supervisor lives. */
  public static void closeInput(AttemptDirectory attempt, ProcessHandle supervisor) throws IOException {
    var feed = attempt.feed();
    if (feed > 0 && ProcFs.stat(feed).filter(stat -> stat.session() == supervisor.pid()).isPresent()) { // no later process of this number
      SystemCalls.kill(feed, TERM);
    }
  }

  /** What this machine lacks for supervising agents, for people; empty where util-linux is there. */
  public static Optional<String> lack(Environment env) {
    var weak = Stream.of("setsid", "flock").filter(name -> env.program(name).filter(path -> !isBusybox(path)).isEmpty()).toList();
    return weak.isEmpty() ? Optional.empty() : Optional.of("this machine has no " + String.join(" and no ", weak) + " of util-linux: agents "
        + (weak.contains("setsid") ? "may not start" : "of other workers in a codebase are not seen") + "; install util-linux");
  }

  /** Whether a program is one of those that know fewer options than util-linux. */
  static boolean isBusybox(Path program) {
    try {
      var real = program.toRealPath().getFileName().toString();
      return real.contains("busybox") || real.contains("toybox");
    } catch (IOException e) {
      return true; // it cannot be looked at, and so hardly be run
    }
  }
}
