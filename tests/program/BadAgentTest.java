package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.os.ProcFs;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Program;

/** An agent that behaves badly gets a true verdict and whole output, and leaves no process when its outcome is reported. */
class BadAgentTest extends OnSite {
  @BeforeEach
  void open() throws Exception {
    site.openServer();
    site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code);
  }

  private Task done(String prompt, TaskStatus status) throws Exception {
    var task = site.ended(site.create(code, prompt));
    assertThat(task.status()).as(task.error() + "\n" + site).isEqualTo(status);
    assertThat(site.agents()).as("processes left").isEmpty();
    return task;
  }

  @Test
  void endsADeafDetachedProcessBeforeReportingTheOutcome() throws Exception {
    var task = done("deaf " + home.resolve("pid"), TaskStatus.COMPLETED);
    assertThat(site.output(task.id())).startsWith("deaf\n— completed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"escape", "chain", "doublefork"})
  void endsWhatHidesFromItsTaskBeforeTheOutcomeIsReported(String mode) throws Exception {
    var note = home.resolve("note");
    try {
      done(mode + " " + note, TaskStatus.COMPLETED);
      var pids = Files.readAllLines(note);
      assertThat(pids).allSatisfy(pid -> assertThat(ProcFs.stat(Long.parseLong(pid)).filter(stat -> !stat.isZombie())).as(pid).isEmpty());
    } finally {
      Files.createFile(home.resolve("note.stop"));
    }
  }

  @Test
  void cancelsADeafAgentWithItsChildren() throws Exception {
    var id = site.create(code, "deaf " + home.resolve("pid") + " stay");
    site.awaitOutput(id, "deaf");
    site.client().cancel(id, "enough");
    assertThat(site.ended(id).status()).as(site.toString()).isEqualTo(TaskStatus.CANCELLED);
    site.awaitNoAgents();
  }

  @Test
  void failsAndKeepsTheOutputWhenTheAgentIsKilled() throws Exception {
    var task = done("killed", TaskStatus.FAILED);
    assertThat(task.error()).contains("signal 9");
    assertThat(site.output(task.id())).startsWith("last words\n— failed");
  }

  @Test
  void joinsSplitCharactersAndMarksAnUnfinishedOne() throws Exception {
    var task = done("half", TaskStatus.COMPLETED);
    assertThat(site.output(task.id())).startsWith("café for 😀\nhalf\ncut \uFFFD\n— completed");
  }

  @Test
  void deliversAFloodWholeAndInOrder() throws Exception {
    var task = site.ended(site.create(code, "flood 30"));
    assertThat(task.status()).as(task.error()).isEqualTo(TaskStatus.COMPLETED);
    var numbers = new Numbers();
    for (long place = 0, total = 1; place < total; ) {
      var page = site.client().output(task.id(), place);
      page.chunks().forEach(numbers::take);
      place += page.chunks().size();
      total = page.total();
    }
    assertThat(numbers.last).isEqualTo(103_000_000);
    assertThat(numbers.rest.toString()).startsWith("flooded\n— completed");
  }

  /** Reads lines of one number each, each one more than the line before; keeps what follows the last one. */
  private static final class Numbers {
    private int last = 100_000_000;
    private final StringBuilder rest = new StringBuilder();

    void take(String chunk) {
      rest.append(chunk);
      var from = 0;
      while (rest.length() - from >= 10 && rest.charAt(from) == '1') {
        assertThat(Integer.parseInt(rest, from, from + 9, 10) == last + 1 && rest.charAt(from + 9) == '\n')
            .as(rest.substring(from, from + 10) + " after " + last).isTrue();
        last++;
        from += 10;
      }
      rest.delete(0, from);
    }
  }
}
