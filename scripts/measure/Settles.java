package scripts.measure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import lib.agent.AttemptFolder;
import lib.config.Json;
import lib.outbox.Attempt;
import lib.outbox.Journal;
import lib.store.Database;
import lib.wire.Claim;
import lib.wire.NewTask;
import lib.wire.Registration;

/** How long after a start everything is decided that an earlier worker left: ended, vanished, or claimed without a record of it. */
public final class Settles {
  private static final int ATTEMPTS = 200;
  private static final double BOUND = 2000; // ms, the promise

  private final Rig rig;

  public Settles(Rig rig) {
    this.rig = rig;
  }

  public void run() throws Exception {
    var state = rig.file("state-settling");
    var file = state.resolve("journal.db");
    leave(state, file);
    var begin = System.nanoTime();
    var worker = rig.worker("--state-dir", state.toString());
    Rig.await("the last attempt's verdict", () -> Database.look(file, sql -> sql.first(
        "SELECT COUNT(*) FROM attempt WHERE state IN ('INTENT', 'CLAIMED', 'STARTED')", row -> row.getInt(1))).orElseThrow() == 0);
    var took = (System.nanoTime() - begin) / 1e6;
    rig.stop(worker);
    rig.figure(ATTEMPTS + " unfinished attempts decided, ms after the start of the process", took, BOUND, "lower", 1);
  }

  /** The state folder of a worker that was killed. */
  private void leave(Path state, Path file) throws Exception {
    Files.createDirectories(state);
    Files.writeString(state.resolve("worker-id"), "settling");
    rig.client().register(new Registration("settling", "settling", List.of(), "bench", List.of(), null));
    var server = rig.client().info().serverId();
    var boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    try (var journal = Journal.open(file)) {
      for (var i = 0; i < ATTEMPTS; i++) {
        var task = rig.client().create(new NewTask(null, "settle", "x", "build", 0, null, null)).id();
        var draft = Attempt.draft(server, "settling", task, 1, "0.0.", "global", state, "build", "settle", Instant.now());
        var folder = AttemptFolder.of(state, task, 1);
        folder.make();
        folder.prepare("x", Json.object(), draft.toJson());
        var intent = journal.intend(draft);
        var fence = ((Claim.Won) rig.client().claim(task, "settling")).attempt();
        if (i % 4 == 0) {
          continue;
        }
        journal.started(journal.claimed(intent, fence, 900, List.of(), Instant.now()).attempt(), Instant.now());
        Files.writeString(folder.file("pid"), "supervisor 4194303 1\nagent 4194302 1\nboot " + boot + "\n");
        Files.writeString(folder.file("out"), "done\n");
        if (i % 4 != 1) {
          Files.writeString(folder.file("exit"), "code 0\ncause ended\n");
        }
      }
    }
  }
}
