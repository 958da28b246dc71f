package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person who doubts a verdict gets the agent's own lines on the machine where it ran. */
class RawOutputTest {
  @TempDir
  private Path home;

  @Test
  void printsTheAgentsOwnLinesWithoutAServer() throws Exception {
    try (var site = new Site(home)) {
      var server = site.serve();
      var code = site.folder("code");
      site.work("-b", "code:" + code);
      var task = site.create(code, "talk hello");
      site.ended(task);
      server.kill();
      var raw = site.start("tasks", "output", "--raw", task);
      assertThat(raw.exit()).as(raw.toString()).isZero();
      assertThat(raw.out().lines()).hasSize(3).allMatch(line -> line.startsWith("{\"type\":")).element(1).asString().contains("hello");

      var none = site.start("tasks", "output", "--raw", "no-such-task");
      assertThat(none.exit()).isEqualTo(1);
      assertThat(none.err()).contains("there is nothing here of an agent for task no-such-task");
      var both = site.start("tasks", "output", "--raw", "--follow", task);
      assertThat(both.exit()).isEqualTo(2);
    }
  }
}
