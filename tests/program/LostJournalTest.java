package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.Program;
import tests.fake.FakeServer.Version;

/** A journal that is lost, damaged or older costs no line of a running task's output and doubles none (P3). */
class LostJournalTest extends OnSite {
  private static final int LINES = 40;

  /** What becomes of the journal while no worker runs. */
  private enum Harm {
    DELETED, TRUNCATED, HEADER_CUT, WAL_LOST, OLDER;

    void happen(Path journal, byte[] older) throws Exception {
      var content = Files.readAllBytes(journal);
      switch (this) {
        case DELETED -> Files.delete(journal);
        case TRUNCATED -> Files.write(journal, Arrays.copyOf(content, content.length / 2));
        case HEADER_CUT -> Files.write(journal, Arrays.copyOfRange(content, 100, content.length));
        case WAL_LOST -> Files.delete(journal.resolveSibling("journal.db-wal"));
        case OLDER -> {
          for (var end : List.of("-wal", "-shm")) {
            Files.deleteIfExists(journal.resolveSibling("journal.db" + end));
          }
          Files.write(journal, older, StandardOpenOption.TRUNCATE_EXISTING);
        }
      }
    }
  }

  private Path gate;
  private Path journal;

  @BeforeEach
  void open() {
    gate = home.resolve("gate");
    journal = site.home().resolve(".local/state/a2a-worker/w/journal.db");
  }

  @AfterEach
  void close() throws Exception {
    if (!Files.exists(gate)) {
      Files.createFile(gate);
    }
  }

  private static String text() {
    return IntStream.rangeClosed(1, LINES).mapToObj(i -> "x line " + i + "\n").collect(Collectors.joining());
  }

  /** A journal of this worker from before the task. */
  private byte[] earlier() throws Exception {
    var worker = site.work("-b", "code:" + code, "--poll-interval", "0.5");
    site.id(code);
    worker.signal("TERM");
    worker.exit();
    return Files.readAllBytes(journal);
  }

  @ParameterizedTest
  @EnumSource(names = {"TRUNCATED", "WAL_LOST", "OLDER"})
  void deliversTheOutputWholeAndOnceToOurServer(Harm harm) throws Exception {
    site.openServer();
    var older = earlier();
    var worker = site.workApart("-b", "code:" + code);
    var task = site.create(code, Settled.prompt("x", LINES, gate));
    site.awaitOutput(task, "x line 18\n");
    worker.signal("KILL");
    worker.exit();
    harm.happen(journal, older);
    site.work("-b", "code:" + code);
    Files.createFile(gate);
    assertThat(site.ended(task).status().word()).as(site.toString()).isEqualTo("completed");
    assertThat(site.output(task)).as(site.toString()).matches(text() + "— completed after [^\n]*\n");
    assertThat(Settled.ledger(code)).containsExactly("start x", "end x");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELETED", "HEADER_CUT", "OLDER"})
  void deliversTheOutputWholeAndOnceToAnotherServer(Harm harm) throws Exception {
    fake(Version.HEAD);
    var older = earlier();
    var worker = site.workApart("-b", "code:" + code);
    var task = server.addTask(site.id(code), Settled.prompt("x", LINES, gate));
    Program.await("half of it", () -> server.output(task).contains("x line 18\n"));
    worker.signal("KILL");
    worker.exit();
    harm.happen(journal, older);
    site.work("-b", "code:" + code, "--poll-interval", "0.5");
    Files.createFile(gate);
    Program.await("its end", () -> server.status(task).equals("completed"));
    assertThat(server.output(task)).as(site.toString()).matches(text() + "— completed after [^\n]*\n");
    assertThat(Settled.ledger(code)).containsExactly("start x", "end x");
  }

  @Test
  void endsAndLeavesTheAgentWhenTheJournalIsCutWhileItRuns() throws Exception {
    site.openServer();
    var worker = site.workApart("-b", "code:" + code);
    var task = site.create(code, Settled.prompt("x", LINES, gate));
    site.awaitOutput(task, "x line 18\n");
    try (var wal = FileChannel.open(journal.resolveSibling("journal.db-wal"), StandardOpenOption.WRITE)) {
      wal.truncate(0);
    }
    assertThat(worker.exit()).as(worker.toString()).isEqualTo(75);
    assertThat(worker.err()).contains("problem: the journal was damaged while the worker ran").doesNotContain("bug");
    assertThat(site.agents()).isNotEmpty();
    site.work("-b", "code:" + code);
    Files.createFile(gate);
    assertThat(site.ended(task).status().word()).as(site.toString()).isEqualTo("completed");
    assertThat(site.output(task)).as(site.toString()).matches(text() + "— completed after [^\n]*\n");
  }
}
