package lib.worker.recovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Supervisor;
import lib.core.Clock;
import lib.journal.Journal.Age;
import lib.journal.Journal;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is left of attempts that are over: their files and rows after so many days, and the oldest files earlier when all
 * together are too large. Rows go by age alone, since they recognise a task that is offered again. What is undelivered or
 * unfinished stays, however old. Looks at the start and once an hour; interrupt its thread to end it.
 */
public final class Retention implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final Duration LOOK = Duration.ofHours(1);
  private static final int ROWS = 500; // forgotten in one write: a task that starts waits for no more than that

  private final Journal journal;
  private final Path stateDir;
  private final Duration keep;
  private final long most;
  private final Clock time;

  /**
   * Keeps everything until it runs.
   *
   * @param keep how long; at least a day, since servers replay announcements for so long
   * @param most bytes of all attempts' files
   */
  public Retention(Journal journal, Path stateDir, Duration keep, long most, Clock time) {
    this.journal = journal;
    this.stateDir = stateDir;
    this.keep = keep;
    this.most = most;
    this.time = time;
  }

  @Override
  public void run() {
    try {
      while (true) {
        try {
          sweep();
        } catch (DatabaseException | IOException e) {
          LOG.warn("what is old could not be removed, trying again in an hour: {}", e.getMessage());
        }
        time.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      LOG.debug("retention ends");
    }
  }

  /** One attempt's files. */
  private record Held(AttemptDirectory folder, Instant ended, long size) {}

  /** Removes what is to go now. */
  public void sweep() throws DatabaseException, IOException, InterruptedException {
    var before = time.now().minus(keep);
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
