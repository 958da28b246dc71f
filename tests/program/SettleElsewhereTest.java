package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.TaskReport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.fake.FakeServer.Version;

/** On other servers, too, a task whose agent never started runs once, or fails with the reason. */
class SettleElsewhereTest extends OnSite {
  /** The state of a worker that was killed while it claimed, or just after. */
  private String earlier(Version version, boolean recorded) throws Exception {
    fake(version);
    var state = site.home().resolve(".local/state/a2a-worker/w");
    Files.createDirectories(state);
    Files.writeString(state.resolve("worker-id"), "me");
    var codebase = server.addCodebase("code", code.toString(), "me");
    var task = server.addTask(codebase, "append made.txt");
    var draft = Attempt.draft(server.url().toString(), "me", site.client().task(task), 1, code, Instant.now());
    var folder = AttemptDirectory.of(state, task, 1);
    folder.create();
    folder.writeInputs("append made.txt", Json.object(), draft.toJson());
    try (var journal = Journal.open(state.resolve("journal.db"))) {
      var intent = journal.insertIntent(draft);
      site.client().claim(task, "me");
      if (recorded) {
        journal.claimed(intent, 0, 0, TaskReport.running(task, "me", null, 0), Instant.now());
      }
    }
    return task;
  }

  @ParameterizedTest
  @CsvSource({"V13, false, completed", "V16, false, completed", "HEAD, false, completed", "D25, false, failed",
      "V16, true, completed", "HEAD, true, completed", "V13, true, failed", "D25, true, failed"})
  void settlesAClaimWhenNoAgentStarted(Version version, boolean recorded, String outcome) throws Exception {
    var task = earlier(version, recorded);
    site.work(server.url(), "w", "-b", "code:" + code, "--poll-interval", "0.5");
    awaitStatus(task, outcome);
    if (outcome.equals("completed")) {
      assertThat(code.resolve("made.txt")).hasContent("once");
    } else {
      assertThat(server.task(task).path("error").asText()).contains("lost", "before its agent began");
      assertThat(code.resolve("made.txt")).doesNotExist();
    }
  }
}
