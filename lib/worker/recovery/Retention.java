package lib.worker.recovery;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Supervisor;
import lib.config.SettingsTable;
import lib.journal.Journal.Age;
import lib.store.DatabaseException;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is left of attempts that are over: their files and rows after so many days, and the oldest files earlier when all
 * together are too large. Rows go by age alone, since they recognise a task that is offered again. What is undelivered or
 * unfinished stays, however old. Looks at the start and once an hour; interrupt its thread to end it.
 */
public record Retention(WorkerContext context) {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final Duration LOOK = Duration.ofHours(1);
  private static final int ROWS = 500; // forgotten in one write: a task that starts waits for no more than that

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    while (true) {
      try {
        sweep();
      } catch (DatabaseException | IOException e) {
        LOG.warn("what is old could not be removed, trying again in an hour: {}", e.getMessage());
      }
      context.clock().sleep(LOOK);
    }
  }

  /** One attempt's files. */
  private record Held(AttemptDirectory folder, Instant ended, long size) {}

  /** Removes what is to go now. */
  public void sweep() throws DatabaseException, IOException, InterruptedException {
    var journal = context.journal();
    var stateDir = context.identity().stateDir();
    // servers replay announcements for a day, which is the least that keep_days may be
    var before = context.clock().now().minus(Duration.ofDays(context.settings().get(SettingsTable.KEEP_DAYS)));
    var folders = new HashSet<>(AttemptDirectory.all(stateDir)); // before the journal: an attempt begun meanwhile is not among them
    var ages = journal.retentionRows();
    var left = new ArrayList<Held>();
    var old = new ArrayList<Age>();
    var removed = 0;
    var known = new HashMap<AttemptDirectory, Age>();
    ages.forEach(age -> known.put(AttemptDirectory.of(stateDir, age.taskId(), age.n()), age));
    for (var folder : folders) {
      var age = known.get(folder);
      if (age != null && !age.settled() || age == null && Supervisor.find(folder).isPresent()) {
        continue;
      }
      var ended = age != null ? age.ended() : Files.getLastModifiedTime(folder.path()).toInstant();
      if (ended.isBefore(before)) {
        folder.clear();
        removed++;
      } else if (age != null) {
        left.add(new Held(folder, ended, folder.size()));
      }
    }
    ages.stream().filter(age -> age.settled() && age.ended().isBefore(before)).forEach(old::add);
    for (var from = 0; from < old.size(); from += ROWS) {
      journal.forget(old.subList(from, Math.min(from + ROWS, old.size())));
    }
    removed += shrink(left);
    if (removed + old.size() > 0) {
      LOG.info("removed the files of {} attempts and the records of {}", removed, old.size());
    }
  }

  /** Removes the oldest files until the rest is small enough. */
  private int shrink(List<Held> files) throws IOException {
    var most = context.settings().get(SettingsTable.KEEP_BYTES);
    var total = files.stream().mapToLong(Held::size).sum();
    var removed = 0;
    for (var one : files.stream().sorted(Comparator.comparing(Held::ended)).toList()) {
      if (total <= most) {
        break;
      }
      one.folder.clear();
      total -= one.size;
      removed++;
    }
    return removed;
  }
}
