package lib.agent.process;

import module java.base;
import lib.core.Clock;
import lib.core.os.ProcFs.Stat;
import lib.core.os.ProcFs;
import lib.core.os.SystemCalls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes that an agent started, and ending them. A process belongs to the attempt when it is in the agent's session or
 * control group, carries the attempt's marker variable, descends from one that does, or did so at an earlier look. An orphan
 * without any of these belongs to the attempt that alone can have started it. The supervisor, which records the end, is never
 * touched. Thread-safe.
 */
public final class ProcessTree {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTree.class);
  /** An agent that saves its work on INT or TERM has so long; both and the end make the 11 s that are promised. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration AFTER_KILL = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(20);
  /** Processes start and end while the machine's are listed: a chain of short ones can be missed once, hardly twice. */
  private static final int EMPTY_LOOKS = 2;

  private final AttemptDirectory attempt;
  private final long supervisor;
  private final boolean own; // whether this process started the supervisor
  private final Optional<Path> directory; // in which the agent works; the supervisor's, which may be gone when it is needed
  private final Clock time;
  private final Map<Long, Long> seen = new ConcurrentHashMap<>(); // process id to start time, which tells it from a later one

  /** The signals, with the numbers that every system gives them. */
  private enum Signal {
    /** Only asks whether the process is there. */
    NONE(0), INT(2), KILL(9), TERM(15);

    private final int number;

    Signal(int number) {
      this.number = number;
    }
  }

  /**
   * The processes of an attempt; keep it as long as the attempt, since it remembers those that it has seen.
   *
   * @param supervisor the supervisor's process, which also leads a session; 0 when it has long ended: then the agent's number may
   *     be another's by now, and its session tells nothing
   */
  public ProcessTree(AttemptDirectory attempt, long supervisor, Clock time) {
    this.attempt = attempt;
    this.supervisor = supervisor;
    this.own = Orphans.hasStarted(supervisor);
    this.directory = supervisor == 0 ? Optional.empty() : ProcFs.directory(supervisor);
    this.time = time;
  }

  /**
   * Puts the agent into a control group of its own, where this machine lets the worker make one. Call it once, soon after the
   * agent was let go; it takes some 15 ms, in which the agent runs on.
   */
  public void contain() throws IOException {
    var pids = attempt.pids();
    if (pids.isPresent()) {
      Cgroup.create(attempt).ifPresent(group -> {
        group.add(pids.get().agent());
        ProcessHandle.of(pids.get().agent()).stream().flatMap(ProcessHandle::descendants).forEach(child -> group.add(child.pid()));
      });
    }
  }

  /**
   * INT, then TERM, then KILL to everything that is left, each as soon as the one before has had its time; returns at once when
   * a polite agent is gone, after 11 s at the worst.
   *
   * @return whether all are gone
   */
  public boolean end() throws IOException, InterruptedException {
    return signalAndWait(Signal.INT, PATIENCE) || sweep();
  }

  /** The same where the agent was asked to end by a message, which takes INT's place. */
  public boolean endAsked() throws IOException, InterruptedException {
    return signalAndWait(Signal.NONE, PATIENCE) || sweep();
  }

  /** Ends what an agent that is gone has left behind; without the INT, which only the agent itself would obey. */
  public boolean sweep() throws IOException, InterruptedException {
    var gone = hasNothingLeft() || signalAndWait(Signal.TERM, PATIENCE) || signalAndWait(Signal.KILL, AFTER_KILL);
    Cgroup.of(attempt).ifPresent(Cgroup::remove);
    return gone;
  }

  /**
   * Every process whose parent has ended becomes the worker's own child, where the worker is a subreaper. So where the worker
   * started the supervisor, the agent has ended, and there is no orphan at all, nothing can be left.
   */
  private boolean hasNothingLeft() throws IOException {
    return Orphans.isAdopting() && own && attempt.exit().isPresent() && Orphans.living().isEmpty();
  }

  private boolean signalAndWait(Signal signal, Duration most) throws IOException, InterruptedException {
    var until = time.nanos() + most.toNanos();
    var signalled = new HashSet<Long>();
    for (var empty = 0; empty < EMPTY_LOOKS; ) {
      var left = processes();
      if (left.isEmpty()) {
        empty++;
        continue;
      }
      empty = 0;
      if (signal == Signal.KILL) {
        Cgroup.of(attempt).ifPresent(Cgroup::kill);
      }
      left.removeAll(signalled); // one signal each; a child that appears meanwhile gets its own
      for (var pid : parentsFirst(left)) {
        SystemCalls.kill(pid, signal.number);
      }
      if (signalled.isEmpty() && signal != Signal.NONE) {
        LOG.info("{} to {} processes of {}", signal, left.size(), attempt.path());
      }
      signalled.addAll(left);
      if (time.nanos() >= until) {
        return false;
      }
      time.sleep(LOOK);
    }
    return true;
  }

  /** What its processes have used up to now. */
  public ProcessActivity activity() throws IOException {
    return ProcessActivity.of(processes());
  }

  /** The living processes of this attempt, without the supervisor and its helpers. */
  public Set<Long> processes() throws IOException {
    if (!ProcFs.exists()) { // what has left the tree is not found there
      return ProcessHandle.of(supervisor).stream().flatMap(ProcessHandle::descendants).map(ProcessHandle::pid).collect(Collectors.toSet());
    }
    var pids = attempt.pids();
    var agent = supervisor == 0 ? 0 : pids.map(AttemptDirectory.Pids::agent).orElse(0L);
    var grouped = Cgroup.of(attempt).map(Cgroup::processes).orElse(Set.of());
    var all = ProcFs.all().stream().filter(process -> !process.isZombie() && process.session() != supervisor).toList();
    var children = all.stream().collect(Collectors.groupingBy(Stat::parent));
    // what started before the agent is none of its processes, whose variables need not be read then
    var first = pids.filter(p -> p.boot().equals(ProcFs.boot())).map(AttemptDirectory.Pids::agentStart).orElse(0L);
    var orphans = orphans(all, first);
    var waiting = new ArrayList<Stat>();
    for (var process : all) {
      if (agent > 0 && process.session() == agent || grouped.contains(process.pid()) || orphans.contains(process.pid())
          || seen.getOrDefault(process.pid(), -1L) == process.start() || process.start() >= first && hasMarker(process)) {
        waiting.add(process);
      }
    }
    var found = new HashSet<Long>();
    while (!waiting.isEmpty()) {
      var process = waiting.removeLast();
      if (found.add(process.pid())) {
        seen.put(process.pid(), process.start());
        waiting.addAll(children.getOrDefault(process.pid(), List.of()));
      }
    }
    return found;
  }

  private boolean hasMarker(Stat process) {
    return marker(process).filter(attempt.path().toString()::equals).isPresent();
  }

  private static Optional<String> marker(Stat process) {
    return ProcFs.variable(process.pid(), Supervisor.MARKER);
  }

  /**
   * The worker's children by adoption that say nothing of themselves: they left the agent's session, cleared their variables and
   * lost their parent. Only an attempt whose supervisor lived when they started can have started them. Where several did, the
   * folder in which they work decides; where that does not tell either, the last of these attempts ends them.
   */
  private Set<Long> orphans(List<Stat> all, long first) throws IOException {
    var orphans = first == 0 ? Set.<Long>of() : Orphans.living();
    if (orphans.isEmpty()) {
      return orphans;
    }
    var self = ProcessHandle.current().pid();
    var session = ProcFs.stat(self).map(Stat::session).orElse(0L);
    var others = all.stream().filter(process -> process.parent() == self && process.pid() == process.session() && process.pid() != supervisor
        && marker(process).filter(name -> !name.equals(attempt.path().toString())).isPresent()).toList();
    return all.stream().filter(process -> orphans.contains(process.pid()) && process.start() >= first && process.session() != session
        && marker(process).isEmpty() && isOurs(process, others)).map(Stat::pid).collect(Collectors.toSet());
  }

  private boolean isOurs(Stat orphan, List<Stat> others) {
    var candidates = others.stream().filter(other -> other.start() <= orphan.start()).toList();
    return candidates.isEmpty() || worksIn(orphan, directory)
        && candidates.stream().noneMatch(other -> worksIn(orphan, ProcFs.directory(other.pid())));
  }

  private static boolean worksIn(Stat process, Optional<Path> codebase) {
    return codebase.isPresent() && ProcFs.directory(process.pid()).filter(folder -> folder.startsWith(codebase.get())).isPresent();
  }

  /** The oldest first: an agent that sees its tool end before its own signal would continue with the tool's failure. */
  private List<Long> parentsFirst(Set<Long> pids) {
    return pids.stream().sorted(Comparator.comparing((Long pid) -> seen.getOrDefault(pid, 0L)).thenComparing(pid -> pid)).toList();
  }
}
