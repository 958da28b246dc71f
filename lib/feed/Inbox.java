package lib.feed;

import module java.base;
import lib.core.Clock;
import lib.protocol.Task;
import lib.protocol.TaskStatus;

/**
 * Tasks that wait to be looked at. A task is known by its id and its marker: a repeated announcement is dropped, a re-queued task
 * comes through. Decides nothing and holds its lock for no look-up. Thread-safe.
 */
public final class Inbox {
  private static final int MAX_WAITING = 1000; // the poll brings the rest back
  /** Enough to remember every announcement that a server can replay; the journal remembers what was done. */
  private static final int MAX_REMEMBERED = 10_000;

  private record Entry(Task task, long arrival, long notBefore) {}

  private record Memory(String marker, long until) {}

  private static final Comparator<Entry> URGENCY = Comparator.<Entry>comparingInt(e -> -e.task.priority())
      .thenComparing(e -> e.task.createdAt(), Comparator.nullsLast(Comparator.naturalOrder())).thenComparingLong(e -> e.arrival);

  private final Clock clock;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Memory> suppressed = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Memory> eldest) {
      return size() > MAX_REMEMBERED;
    }
  };
  private long arrivals;
  private long changes;

  /** An empty inbox. */
  public Inbox(Clock clock) {
    this.clock = clock;
  }

  /** Adds a task as a feed saw it; false when the inbox is full of more urgent ones. A full inbox drops its least urgent. */
  public synchronized boolean offer(Task task) {
    var memory = suppressed.get(task.id());
    if (task.status() != TaskStatus.PENDING && task.status() != TaskStatus.QUEUED
        || memory != null && memory.marker.equals(task.marker()) && clock.nanos() < memory.until) {
      return true;
    }
    var known = entries.get(task.id());
    var entry = known == null ? new Entry(task, arrivals++, 0) : new Entry(task.filledFrom(known.task), known.arrival, known.notBefore);
    if (known == null && entries.size() >= MAX_WAITING) {
      var least = entries.values().stream().max(URGENCY).orElseThrow();
      if (URGENCY.compare(least, entry) < 0) {
        return false;
      }
      entries.remove(least.task.id());
    }
    put(entry);
    return true;
  }

  /** The tasks that are not deferred now, the most urgent first. */
  public List<Task> waiting() {
    var now = clock.nanos();
    return sorted(entry -> entry.notBefore == 0 || now >= entry.notBefore);
  }

  /** All tasks, the most urgent first. */
  public List<Task> all() {
    return sorted(entry -> true);
  }

  /** Takes a task out; false when it is not there any more. */
  public synchronized boolean take(String id) {
    return entries.remove(id) != null;
  }

  /** Keeps a task, also one that was taken out, from {@link #waiting} for so long. */
  public synchronized void defer(Task task, Duration wait) {
    var known = entries.get(task.id());
    put(new Entry(task, known == null ? arrivals++ : known.arrival, clock.nanos() + wait.toNanos()));
  }

  /** Drops the task, and for so long all announcements of the same queueing of it. */
  public synchronized void suppress(Task task, Duration howLong) {
    entries.computeIfPresent(task.id(), (id, entry) -> entry.task.marker().equals(task.marker()) ? null : entry);
    suppressed.remove(task.id()); // to the young end
    suppressed.put(task.id(), new Memory(task.marker(), clock.nanos() + howLong.toNanos()));
  }

  /** Lets all announcements through again, since the offer has changed; the next poll brings them. */
  public synchronized void clearSuppressed() {
    suppressed.clear();
    signal();
  }

  /** Waits until something changes after {@code seenChanges}, or the time is over; returns the new count. */
  public synchronized long await(long seenChanges, Duration most) throws InterruptedException {
    var end = System.nanoTime() + most.toNanos();
    for (var left = most.toMillis(); changes == seenChanges && left > 0; left = Duration.ofNanos(end - System.nanoTime()).toMillis()) {
      wait(left);
    }
    return changes;
  }

  /** Wakes the one that waits, since the worker's state has changed. */
  public synchronized void signal() {
    changes++;
    notifyAll();
  }

  /** How many tasks are there, deferred ones included. */
  public synchronized int size() {
    return entries.size();
  }

  private synchronized List<Task> sorted(Predicate<Entry> wanted) {
    return entries.values().stream().filter(wanted).sorted(URGENCY).map(Entry::task).toList();
  }

  private void put(Entry entry) {
    entries.put(entry.task.id(), entry);
    signal();
  }
}
