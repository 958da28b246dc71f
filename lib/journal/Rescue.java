package lib.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import lib.store.Damage;
import lib.store.Database;
import lib.store.Database.Sync;
import lib.store.StoreFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a damaged journal: what can still be read of it is a new one, and it is set aside itself. */
final class Rescue {
  private static final Logger LOG = LoggerFactory.getLogger(Rescue.class);
  /** Parents before children. */
  private static final List<String> TABLES = List.of("attempt", "outgoing", "codebase");

  private Rescue() {}

  /** Replaces the journal if it is damaged, which the log says; does nothing to one that is whole, or not there. */
  static void damaged(Path file, List<String> migrations) throws IOException, StoreFailed, InterruptedException {
    var rescued = file.resolveSibling(file.getFileName() + ".new"); // whole before the damaged one goes: the disk may be full, or we die
    if (!Files.exists(file) && Files.exists(rescued)) {
      Files.move(rescued, file);
    }
    var damage = Damage.of(file);
    if (damage.isEmpty() || barelyBegun(file)) {
      return;
    }
    for (var end : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(file.resolveSibling(rescued.getFileName() + end));
    }
    Map<String, Integer> saved;
    try (var database = Database.open(rescued, migrations)) {
      saved = Damage.save(file, database, TABLES);
      weed(database, saved);
    }
    var aside = damage.get().setAside(Instant.now());
    Files.move(rescued, file);
    LOG.error("the journal was damaged ({}) and is now {}; {} attempts, {} reports and {} codebases were saved from it",
        damage.get().why().strip().replaceAll("\\s+", " "), aside, saved.getOrDefault("attempt", 0),
        saved.getOrDefault("outgoing", 0), saved.getOrDefault("codebase", 0));
  }

  /** Whether a first start ended between making the file and writing it: without any attempt's folder nothing can be lost. */
  private static boolean barelyBegun(Path file) throws IOException {
    return Files.isRegularFile(file) && Files.size(file) == 0 && Files.notExists(file.resolveSibling("tasks"));
  }

  /** What stood on a damaged page may be anything: rows that mean nothing are not kept. */
  private static void weed(Database database, Map<String, Integer> saved) throws StoreFailed, InterruptedException {
    database.write(Sync.POWER, sql -> {
      for (var id : sql.list("SELECT id FROM attempt", row -> row.getLong(1))) {
        if (!means(() -> sql.first("SELECT * FROM attempt WHERE id = ?", Journal::attempt, id))) {
          sql.update("DELETE FROM attempt WHERE id = ?", id);
          saved.merge("attempt", -1, Integer::sum);
        }
      }
      for (var id : sql.list("SELECT id FROM outgoing", row -> row.getLong(1))) {
        if (!means(() -> sql.first("SELECT id, kind, body, attempt_id FROM outgoing WHERE id = ?", Journal::outgoing, id))) {
          sql.update("DELETE FROM outgoing WHERE id = ?", id);
          saved.merge("outgoing", -1, Integer::sum);
        }
      }
      return null;
    });
  }

  private interface Reading {
    Object read() throws SQLException;
  }

  private static boolean means(Reading row) throws SQLException {
    try {
      row.read();
      return true;
    } catch (RuntimeException e) { // a word, a time or a number that is none
      return false;
    }
  }
}
