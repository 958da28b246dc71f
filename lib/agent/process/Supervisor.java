package lib.agent.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lib.core.Problem;

/**
 * Starts an agent under a small shell process that outlives the worker. The agent leads a session of its own, reads its
 * prompt from a file and writes to files, so nothing blocks when the worker dies and its output is its own spool.
 *
 * <p>The script is handed over as text, so that an upgrade cannot change a running one. The shell runs the agent in its
 * foreground, because a shell's background job ignores INT, an ignored signal is inherited, and an interrupted
 * {@code wait} records the wrong exit code; it catches signals with a handler that does nothing, because only caught
 * signals are the default again in the agent. The folder's lock is taken beside that, since every program that is started
 * one after the other makes people wait; it belongs to the open file that the first shell keeps.
 */
public final class Supervisor {
  /** Says which attempt a process belongs to, also when it has left the agent's session. */
  public static final String MARKER = "A2A_ATTEMPT";

  private static final String AGENT = """
      dir=$0
      seen() {
        started=0
        IFS= read -r line <"/proc/$1/stat" || return 0
        set -- ${line##*) }
        started=${20}
      }
      seen $PPID; boss="supervisor $PPID $started"
      seen $$; self="agent $$ $started"
      boot=; read -r boot </proc/sys/kernel/random/boot_id
      printf '%s\\n' "$boss" "$self" "boot $boot" >"$dir/pid"
      IFS= read -r go || { : >"$dir/withheld"; exit 0; }
      nap=0.05
      until [ -e "$dir/lane" ]; do
        [ -e "$dir/busy" ] && exit 75
        sleep $nap; nap=1
      done
      in=$dir/prompt
      [ -e "$dir/no-input" ] && in=/dev/null
      exec "$@" <"$in" >>"$dir/out" 2>>"$dir/err"
      """;

  private static final String SUPERVISOR = """
      dir=$1 lock=$2 patience=$3 start=$4
      shift 4
      trap : INT TERM HUP
      finish() {
        until printf '%s\\n' "code $1" "cause $2" >"$dir/exit.tmp" && sync "$dir/exit.tmp"; do
          [ -d "$dir" ] || exit 0
          sleep 1
        done
        mv -f "$dir/exit.tmp" "$dir/exit"
        [ -n "$lock" ] && [ -e "$dir/lane" ] && rm -f "$lock.held"
        exit 0
      }
      [ -z "$lock" ] || exec 9>>"$lock"
      (
        nap=
        trap 'kill $nap 2>/dev/null; exit 0' TERM
        if [ -n "$lock" ]; then
          flock -w "$patience" 9 & nap=$!
          wait $nap || { : >"$dir/busy"; exit 0; }
          : >"$lock.held"
          exec 9>&-
        fi
        : >"$dir/lane"
        while :; do
          sleep 5 & nap=$!
          wait $nap
          kill -0 $$ 2>/dev/null || exit 0
          read -r end <"$dir/deadline" && read -r up rest </proc/uptime || continue
          [ "${up%%.*}" -ge "$end" ] && break
        done
        : >"$dir/overdue"
        while read -r word pid rest; do [ "$word" = agent ] && agent=$pid; done <"$dir/pid"
        for signal in INT TERM KILL; do
          kill -s $signal -- "-$agent"
          sleep 5 & nap=$!
          wait $nap
        done
      ) &
      watch=$!
      setsid -w sh -c "$start" "$dir" "$@" 9>&-
      code=$?
      kill $watch
      [ -e "$dir/overdue" ] && finish $code deadline
      [ -e "$dir/withheld" ] && finish $code withheld
      [ -e "$dir/busy" ] && finish $code lane
      finish $code ended
      """;

  /** A supervisor that has everything ready and starts the agent at a word. For one thread. */
  public static final class Held implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5); // it only has to see the end of its input

    private final Process process;
    private boolean gone;

    private Held(Process process) {
      this.process = process;
    }

    /** The supervisor. */
    public Process process() {
      return process;
    }

    /**
     * Lets the agent start.
     *
     * @throws IOException when the supervisor is no more
     */
    public void go() throws IOException {
      gone = true;
      try (var word = process.getOutputStream()) {
        word.write("go\n".getBytes(StandardCharsets.US_ASCII));
      }
    }

    /** Unless the agent was let go, ends the supervisor without one; as it also ends when this process dies. */
    @Override
    public void close() throws IOException, InterruptedException {
      if (gone) {
        return;
      }
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) { // it waits for the lane
        ProcessTree.abandon(process.pid());
        process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  private Supervisor() {}

  /**
   * Starts a supervisor that waits, and returns at once. It may take its time to get ready while the server is asked for
   * the task: starting shells takes longer than that.
   *
   * @param argv the agent and its arguments; never seen by a shell as text
   * @param directory where the agent works
   * @param lane file whose lock keeps other workers of this machine out of the directory; null for none
   * @param patience how long to wait for that lock
   * @throws Problem when the machine cannot start it
   */
  public static Held hold(AttemptDirectory folder, List<String> argv, Map<String, String> environment, Path directory, Path lane,
      Duration patience) {
    var command = new ArrayList<>(List.of("setsid", "sh", "-c", SUPERVISOR, "a2a-supervisor", folder.path().toString(),
        lane == null ? "" : lane.toString(), Long.toString(patience.toSeconds()), AGENT));
    command.addAll(argv);
    var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
        .redirectOutput(folder.file("supervisor.log").toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.environment().put(MARKER, folder.path().toString());
    try {
      return new Held(builder.start());
    } catch (IOException e) {
      throw new Problem("the agent could not be started in " + directory, String.valueOf(e.getMessage()),
          "check that the folder is readable and that setsid (package util-linux) is installed").from(e);
    }
  }
}
