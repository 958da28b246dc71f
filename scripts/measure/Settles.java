package scripts.measure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.store.Database;
import lib.wire.Claim;
import lib.wire.NewTask;
import lib.wire.Registration;

/** How long after a start everything is decided that an earlier worker left: ended, vanished, or claimed without a record of it. */
public final class Settles {
  private static final int ATTEMPTS = 200; // of each kind
  private static final double BOUND = 2000; // ms, the promise

  private final Rig rig;

  public Settles(Rig rig) {
    this.rig = rig;
  }

  public void run() throws Exception {
    measure("settling", false, ATTEMPTS + " unfinished attempts decided, ms after the start of the process");
    measure("doubting", true, ATTEMPTS + " attempts whose claim was in doubt decided, ms after the start of the process");
  }

  private void measure(String id, boolean doubt, String name) throws Exception {
    var state = rig.file("state-" + id);
    var file = state.resolve("journal.db");
    leave(state, id, doubt);
    var begin = System.nanoTime();
    var worker = rig.worker("--state-dir", state.toString());
    Rig.await("the last attempt's verdict", () -> Database.look(file, sql -> sql.first(
        "SELECT COUNT(*) FROM attempt WHERE state IN ('INTENT', 'CLAIMED', 'STARTED')", row -> row.getInt(1))).orElseThrow() == 0);
    var took = (System.nanoTime() - begin) / 1e6;
    rig.stop(worker);
    rig.figure(name, took, BOUND, "lower", 1);
  }

  /**
   * The state folder of a worker that was killed.
   *
   * @param doubt whether it was killed before it had recorded any claim; else its agents have ended, or vanished
   */
  private void leave(Path state, String id, boolean doubt) throws Exception {
    Files.createDirectories(state);
    Files.writeString(state.resolve("worker-id"), id);
    rig.client().register(new Registration(id, id, List.of(), "bench", List.of(), null));
    var server = rig.client().info().serverId();
    var boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    try (var journal = Journal.open(state.resolve("journal.db"))) {
      for (var i = 0; i < ATTEMPTS; i++) {
        var task = rig.client().create(new NewTask(null, "settle", "x", "build", 0, null, null)).id();
        var draft = Attempt.draft(server, id, task, 1, "0.0.", "global", state, "build", "settle", Instant.now());
        var folder = AttemptDirectory.of(state, task, 1);
        folder.create();
        folder.writeInputs("x", Json.object(), draft.toJson());
        var intent = journal.insertIntent(draft);
        var fence = ((Claim.Won) rig.client().claim(task, id)).attempt();
        if (doubt) {
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
