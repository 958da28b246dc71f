package lib.feed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import lib.core.Clock;
import lib.wire.Task;
import lib.wire.TaskStatus;

/**
 * Tasks to look at, the most urgent first. A task is known by its id and its marker: a repeated announcement is forgotten,
 * a re-queued task comes through. Thread-safe.
 */
public final class Inbox {
  /** What does not fit, the poll brings back when there is room. */
  private static final int MAX_WAITING = 1000;
  /** Enough to remember every announcement that a server can still replay; the journal remembers what was done. */
  private static final int MAX_REMEMBERED = 10_000;

  /** What became of looking at a task. */
  public enum Disposition {
    /** It is taken: leave the inbox. */
    TAKE,
    /** Not now: stay. */
    WAIT,
    /** Not for us: leave, and forget announcements of the same queueing. */
    DROP,
    /** There is no room for any: this one and all less urgent ones stay. */
    FULL
  }

  /** Looks at a task; must not block. */
  public interface Selector {
    Disposition look(Task task);
  }

  private record Candidate(Task task, long arrival, long notBefore) {}

  private record Memory(String marker, long until) {}

  private static final Comparator<Candidate> URGENCY = Comparator.<Candidate>comparingInt(c -> -c.task.priority())
      .thenComparing(c -> c.task.createdAt(), Comparator.nullsLast(Comparator.naturalOrder())).thenComparingLong(c -> c.arrival);

  private final Clock time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Candidate> waiting = new HashMap<>();
  private final NavigableSet<Candidate> order = new TreeSet<>(URGENCY); // the same ones
  private final Map<String, Memory> seen = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Memory> eldest) {
      return size() > MAX_REMEMBERED;
    }
  };
  private long arrivals;
  private long changes;

  public Inbox(Clock time) {
    this.time = time;
  }

  /** Offers a task as a feed saw it; false when the inbox is full of more urgent ones. A full inbox forgets its least urgent. */
  public boolean offer(Task task) {
    lock.lock();
    try {
      if (task.status() != TaskStatus.PENDING && task.status() != TaskStatus.QUEUED || remembered(task)) {
        return true;
      }
      var known = waiting.get(task.id());
      var candidate = known == null ? new Candidate(task, arrivals++, 0)
          : new Candidate(task.filledFrom(known.task), known.arrival, known.notBefore);
      if (known == null && waiting.size() >= MAX_WAITING) {
        if (URGENCY.compare(candidate, order.last()) > 0) {
          return false;
        }
        waiting.remove(order.pollLast().task.id());
      }
      put(candidate);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Puts a task back that could not be looked at now. */
  public void defer(Task task, Duration wait) {
    lock.lock();
    try {
      if (!waiting.containsKey(task.id())) {
        put(new Candidate(task, arrivals++, time.nanos() + wait.toNanos()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets announcements of this queueing of the task for so long. */
  public void suppress(Task task, Duration howLong) {
    lock.lock();
    try {
      remember(task, howLong);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets all announcements, since what we offer has changed; the next poll brings them again. */
  public void clearSuppressed() {
    lock.lock();
    try {
      seen.clear();
      change();
    } finally {
      lock.unlock();
    }
  }

  /** Shows the tasks to the gate, the most urgent first, and returns those it takes. */
  public List<Task> pickRunnable(Selector gate) {
    lock.lock();
    try {
      var taken = new ArrayList<Task>();
      var now = time.nanos();
      for (var all = order.iterator(); all.hasNext(); ) {
        var candidate = all.next();
        var look = candidate.notBefore != 0 && now < candidate.notBefore ? Disposition.WAIT : gate.look(candidate.task);
        if (look == Disposition.FULL) {
          break;
        }
        if (look == Disposition.WAIT) {
          continue;
        }
        all.remove();
        waiting.remove(candidate.task.id());
        if (look == Disposition.TAKE) {
          taken.add(candidate.task);
        } else {
          remember(candidate.task, Duration.ofMinutes(10)); // by then a setting or a registration may have changed
        }
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until something changes after {@code seenChanges}, or the time is up; returns the new count. */
  public long await(long seenChanges, Duration most) throws InterruptedException {
    lock.lock();
    try {
      var left = most.toNanos();
      while (changes == seenChanges && left > 0) {
        left = changed.awaitNanos(left);
      }
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /** Says that something the gate looks at has changed. */
  public void signal() {
    lock.lock();
    try {
      change();
    } finally {
      lock.unlock();
    }
  }

  /** Tasks that wait to be looked at. */
  public int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** The most urgent of them. */
  public List<Task> waiting(int most) {
    lock.lock();
    try {
      return order.stream().limit(most).map(Candidate::task).toList();
    } finally {
      lock.unlock();
    }
  }

  private void put(Candidate candidate) {
    var before = waiting.put(candidate.task.id(), candidate);
    if (before != null) {
      order.remove(before);
    }
    order.add(candidate);
    change();
  }

  private boolean remembered(Task task) {
    var memory = seen.get(task.id());
    return memory != null && memory.marker.equals(task.marker()) && time.nanos() < memory.until;
  }

  private void remember(Task task, Duration howLong) {
    seen.remove(task.id()); // to the young end
    seen.put(task.id(), new Memory(task.marker(), time.nanos() + howLong.toNanos()));
  }

  private void change() {
    changes++;
    changed.signalAll();
  }
}
