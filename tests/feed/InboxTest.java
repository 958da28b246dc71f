package tests.feed;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.feed.Inbox;
import lib.protocol.Task;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** Each queueing of a task is looked at once, the most urgent first, and never more than memory can hold. */
class InboxTest {
  private final FakeTime time = new FakeTime();
  private final Inbox inbox = new Inbox(time);

  @Test
  void takesRepeatedAnnouncementsForOneTask() {
    inbox.offer(task("a", 0, 0));
    inbox.offer(task("a", 0, 0));
    assertThat(takeAll()).containsExactly("a");
    assertThat(inbox.take("a")).isFalse();
  }

  @Test
  void dropsASuppressedAnnouncementAndLetsARequeuedTaskThrough() {
    inbox.offer(task("a", 0, 0));
    inbox.suppress(task("a", 0, 0), Duration.ofMinutes(5));
    assertThat(takeAll()).isEmpty();
    inbox.offer(task("a", 0, 0));
    assertThat(takeAll()).isEmpty();
    inbox.offer(task("a", 1, 0));
    assertThat(takeAll()).containsExactly("a");
    time.advance(Duration.ofMinutes(6));
    inbox.offer(task("a", 0, 0));
    assertThat(takeAll()).containsExactly("a");
  }

  @Test
  void keepsARequeuedTaskWhenItsEarlierQueueingIsSuppressed() {
    inbox.offer(task("a", 1, 0));
    inbox.suppress(task("a", 0, 0), Duration.ofMinutes(5));
    assertThat(takeAll()).containsExactly("a");
  }

  @Test
  void letsAllThroughAgainWhenTheOfferChanges() {
    inbox.suppress(task("a", 0, 0), Duration.ofMinutes(5));
    inbox.clearSuppressed();
    inbox.offer(task("a", 0, 0));
    assertThat(takeAll()).containsExactly("a");
  }

  @Test
  void givesTheHigherPriorityFirstThenTheOlderTask() {
    inbox.offer(task("young", 0, 0, 20));
    inbox.offer(task("old", 0, 0, 10));
    inbox.offer(task("urgent", 0, 5, 30));
    assertThat(takeAll()).containsExactly("urgent", "old", "young");
  }

  @Test
  void showsADeferredTaskWhenItsTimeHasComeAndNotBefore() {
    inbox.offer(task("a", 0, 0));
    assertThat(inbox.waiting()).hasSize(1);
    assertThat(inbox.waiting()).as("a look takes nothing").hasSize(1);
    inbox.defer(task("a", 0, 0), Duration.ofSeconds(10));
    assertThat(inbox.waiting()).isEmpty();
    assertThat(inbox.all()).hasSize(1);
    time.advance(Duration.ofSeconds(11));
    assertThat(takeAll()).containsExactly("a");
    inbox.defer(task("taken", 0, 0), Duration.ZERO);
    assertThat(takeAll()).containsExactly("taken");
  }

  @Test
  void ignoresWhatIsNotPending() {
    for (var status : List.of("running", "completed", "failed", "cancelled", "invented")) {
      inbox.offer(Task.read(Json.object().put("id", status).put("status", status)).orElseThrow());
    }
    assertThat(inbox.size()).isZero();
  }

  @Test
  void refusesTasksPastItsBoundUntilThereIsRoom() {
    for (var i = 0; i < 1000; i++) {
      assertThat(inbox.offer(task("t" + i, 0, 0))).isTrue();
    }
    assertThat(inbox.offer(task("one too many", 0, 0))).isFalse();
    assertThat(inbox.offer(task("t1", 0, 0))).isTrue();
    takeAll();
    assertThat(inbox.offer(task("one too many", 0, 0))).isTrue();
  }

  @Test
  void takesAMoreUrgentTaskInPlaceOfTheLeastUrgentWhenFull() {
    for (var i = 0; i < 1000; i++) {
      inbox.offer(task("t" + i, 0, 0, i));
    }
    assertThat(inbox.offer(task("urgent", 0, 100))).isTrue();
    assertThat(inbox.size()).isEqualTo(1000);
    assertThat(takeAll()).startsWith("urgent", "t0").doesNotContain("t999");
  }

  @Test
  void wakesTheWaitingThreadWhenItIsSignalled() throws Exception {
    var seen = inbox.await(-1, Duration.ZERO);
    inbox.signal();
    assertThat(inbox.await(seen, Duration.ofDays(1))).isGreaterThan(seen);
  }

  private List<String> takeAll() {
    var ids = inbox.waiting().stream().map(Task::id).toList();
    assertThat(ids).allMatch(inbox::take);
    return ids;
  }

  private static Task task(String id, int attempts, int priority) {
    return task(id, attempts, priority, 0);
  }

  private static Task task(String id, int attempts, int priority, int second) {
    var node = Json.object().put("id", id).put("priority", priority).put("created_at", Instant.ofEpochSecond(second).toString());
    node.putObject("metadata").put("attempts", attempts);
    return Task.read(node).orElseThrow();
  }
}
