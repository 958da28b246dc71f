package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;

/** A worker whose disk is full to the last byte takes no task, loses nothing, and heals by itself. */
class FullDiskTest extends OnSite {
  private static final int FIRST_PAGE = 20; // lines in a file's first 4 KiB, which it keeps also on a full disk

  private Path other;
  private Path disk;
  private Path gate;
  private Program worker;
  private Settled settled;

  @BeforeEach
  void open() throws Exception {
    disk = Files.createDirectories(site.home().resolve(".local/state/a2a-worker/w"));
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "none", disk.toString()),
        "a small file system cannot be mounted here (root may)");
    other = site.folder("other");
    gate = home.resolve("gate");
    Files.writeString(home.resolve("config.json"), Json.write(Json.object().put("min_free_disk", "0"))); // else the worker would hold tasks before
    site.openServer();
    worker = site.workApart("-b", "code:" + code, "-b", "other:" + other, "--config", home.resolve("config.json").toString());
    settled = new Settled(site.home(), site.client());
  }

  @AfterEach
  void close() throws Exception {
    run("umount", "-l", disk.toString());
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // the machine lacks the program
    }
  }

  private Path fill() throws IOException {
    var filler = disk.resolve("filler");
    try (var out = Files.newOutputStream(filler)) {
      for (var block = new byte[4096]; ; ) {
        out.write(block);
      }
    } catch (IOException e) {
      return filler; // full
    }
  }

  private String create(Path folder, String name, int lines) throws Exception {
    var id = site.create(folder, Settled.prompt(name, lines, gate));
    settled.expect(id, name, lines, folder);
    return id;
  }

  @Test
  void finishesTheRunningTaskAndHoldsTheNextWhenTheDiskFills() throws Exception {
    site.awaitOutput(create(code, "first", 2000), "first line 1000");
    var filler = fill();
    var next = create(other, "next", FIRST_PAGE);
    worker.awaitErr("no task is taken");
    assertThat(site.client().task(next).status()).isEqualTo(TaskStatus.PENDING);
    Files.delete(filler);
    Files.createFile(gate);
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }

  @Test
  void recordsAnEndWhenTheDiskHasRoomAgain() throws Exception {
    var task = create(code, "first", FIRST_PAGE);
    site.awaitOutput(task, "first line " + FIRST_PAGE / 2);
    var filler = fill();
    Files.createFile(gate);
    Program.await("the agent's end", () -> Settled.ledger(code).contains("end first"));
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.RUNNING);
    Files.delete(filler);
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }

  @Test
  void recoversWhenKilledOnAFullDisk() throws Exception {
    var task = create(code, "first", FIRST_PAGE);
    site.awaitOutput(task, "first line " + FIRST_PAGE / 2);
    var filler = fill();
    worker.signal("KILL");
    worker.exit();
    Files.createFile(gate);
    Program.await("the agent's end", () -> Settled.ledger(code).contains("end first"));
    Files.delete(filler);
    site.work("-b", "code:" + code, "-b", "other:" + other, "--config", home.resolve("config.json").toString());
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }
}
