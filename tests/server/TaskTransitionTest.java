package tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.server.rules.TaskTransition.Reclaim;
import lib.server.rules.TaskTransition.Change;
import lib.server.rules.TaskTransition.Refuse;
import lib.server.rules.TaskTransition.Unchanged;
import lib.server.rules.TaskTransition.State;
import lib.server.rules.TaskTransition.Claim;
import lib.server.rules.TaskTransition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The rules of a task's life as tables. A state is written {@code status/owner/attempt}, with {@code !} behind it when its
 * cancellation was asked for, with {@code ?} when its worker may still run it; a word is {@code status/speaker/attempt}; {@code -} means none.
 */
class TaskTransitionTest {
  @ParameterizedTest
  @CsvSource(textBlock = """
      pending/-/0,      0, take
      pending/-/2,      0, take
      pending/me/2?,    0, take
      pending/me/2?,    2, back to running
      pending/other/2?, 2, stale_attempt
      pending/me/2?,    1, stale_attempt
      pending/-/2,      2, stale_attempt
      running/me/1,     0, same
      running/me/1,     1, same
      running/me/2,     1, already_claimed
      running/me/1!,    0, same
      running/other/1,  0, already_claimed
      running/other/2,  1, already_claimed
      completed/me/1,   0, not_pending
      failed/me/1,      0, not_pending
      cancelled/-/0,    0, not_pending
      """)
  void aTaskIsTakenOnlyWhileItWaits(String now, int running, String outcome) {
    assertThat(word(TaskTransition.claim(state(now), "me", running))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      running/me/1,   running/me/1,    same
      running/me/1,   completed/me/1,  completed
      running/me/1,   failed/me/1,     failed
      running/me/1,   cancelled/me/1,  cancelled
      running/me/1,   pending/me/1,    pending
      running/me/1,   completed/me/0,  completed
      running/me/1,   -/me/1,          completed
      running/me/1!,  completed/me/1,  completed
      running/me/1!,  pending/me/1,    cancelled
      """)
  void theOwnerSaysHowItsTaskEnded(String now, String said, String outcome) {
    assertThat(word(TaskTransition.report(state(now), said(said), false))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      running/other/1,  running/me/0,    not_owner
      running/other/1,  completed/me/1,  not_owner
      running/other/1,  pending/me/0,    not_owner
      running/other/1,  -/me/0,          not_owner
      pending/-/0,      completed/me/0,  not_owner
      pending/-/0,      failed/me/0,     not_owner
      pending/-/1,      running/me/1,    not_owner
      pending/-/0,      -/me/0,          not_owner
      completed/o/1,    -/me/0,          not_owner
      completed/o/1,    completed/me/0,  not_owner
      """)
  void nobodyElseSpeaksForATask(String now, String said, String outcome) {
    assertThat(word(TaskTransition.report(state(now), said(said), false))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      pending/me/1?, running/me/1,    back to running
      pending/me/1?, running/other/1, not_owner
      pending/me/1?, completed/me/1,  back to completed
      pending/me/1?, failed/me/1,     back to failed
      pending/me/1?, pending/me/1,    same
      pending/me/1?, completed/me/0,  not_owner
      pending/me/2?, completed/me/1,  stale_attempt
      """)
  void aWorkerSpeaksForAnAttemptThatWasQueuedAgainUntilAnotherTakesIt(String now, String said, String outcome) {
    assertThat(word(TaskTransition.report(state(now), said(said), false))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      completed/me/1,  completed/me/1,  same
      failed/me/1,     failed/me/1,     same
      failed/me/1,     -/me/1,          same
      cancelled/me/1,  -/me/0,          same
      completed/me/1,  failed/me/1,     terminal
      failed/me/1,     completed/me/1,  terminal
      failed/me/1,     running/me/1,    terminal
      cancelled/me/1,  pending/me/1,    terminal
      """)
  void terminalIsFinalAndRepeatsAreFine(String now, String said, String outcome) {
    assertThat(word(TaskTransition.report(state(now), said(said), false))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource({"running/me/2, completed/me/1", "running/me/2, running/me/3", "pending/-/1, failed/me/2",
      "completed/me/2, completed/me/1", "running/other/2, -/me/1"})
  void anAttemptThatIsNotTheCurrentOneChangesNothing(String now, String said) {
    assertThat(word(TaskTransition.report(state(now), said(said), false))).isEqualTo("stale_attempt");
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      pending/-/0,   running/me/0,  false, take
      pending/-/0,   pending/me/0,  false, same
      pending/-/0,   pending/me/0,  true,  pending
      running/me/1,  pending/me/1,  true,  pending
      """)
  void aWaitingTaskMayBeDeclinedOrTakenTheOldWay(String now, String said, boolean decline, String outcome) {
    assertThat(word(TaskTransition.report(state(now), said(said), decline))).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      running/me/1,     go on
      running/me/1!,    cancelled
      cancelled/me/1,   cancelled
      running/other/2,  lost: the task belongs to another worker now
      pending/-/1,      go on
      failed/me/1,      go on
      completed/me/1,   go on
      """)
  void asksAWorkerToStopATaskThatItLost(String now, String outcome) {
    assertThat(TaskTransition.stop(state(now), "me").orElse("go on")).isEqualTo(outcome);
  }

  private static State state(String text) {
    var parts = text.replaceAll("[!?]", "").split("/");
    return new State(TaskStatus.of(parts[0]), none(parts[1]), Integer.parseInt(parts[2]), text.endsWith("!"), text.endsWith("?"));
  }

  private static TaskReport said(String text) {
    var parts = text.split("/");
    var status = none(parts[0]) == null ? null : TaskStatus.of(parts[0]);
    return new TaskReport("t", parts[1], status, null, null, null, Integer.parseInt(parts[2]));
  }

  private static String none(String text) {
    return text.equals("-") ? null : text;
  }

  private static String word(TaskTransition transition) {
    return switch (transition) {
      case Claim claim -> "take";
      case Unchanged unchanged -> "same";
      case Change(var to) -> to.word();
      case Reclaim(var to) -> "back to " + to.word();
      case Refuse(var code, var why) -> code;
    };
  }
}
