package tests.session.sync;

import module java.base;
import static org.assertj.core.api.Assertions.*;
import static tests.session.sync.SyncFixture.*;

import lib.session.Session;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.session.MadeStore;

/** A store that cannot be read takes nothing away. */
class SessionReaderTest {
  private final MadeStore other = new MadeStore("claude");
  @AutoClose
  private final SyncFixture here = new SyncFixture();

  @BeforeEach
  void open() {
    here.with(other);
    here.codebases.put("b", B);
  }

  @Test
  void keepsTheLastListOfAStoreThatFailsAndReadsTheOthers() throws Exception {
    other.put("c1", "other", B, 1, "z");
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", B, 2, "y");
    here.pass();
    here.sent();
    here.store.fail(new IOException("the disk is gone"));
    other.put("c1", "other", B, 3, "z", "zz");
    assertThat(here.pass().problem()).contains("/stores/opencode", "the disk is gone");
    assertThat(here.sent()).containsExactly("b all c1 s2", "b c1:z,zz");
    here.store.fail(new IllegalStateException("a bug in reading"));
    assertThat(here.pass().problem()).contains("a bug in reading");
    here.store.fail(null);
    assertThat(here.pass().problem()).isNull();
    assertThat(here.sent()).isEmpty();
    assertThat(here.server.sessions("a")).hasSize(1);
    assertThat(here.server.sessions("b")).hasSize(2);
  }

  @Test
  void sendsNoListForTenMinutesWhenAStoreWasNeverRead() throws Exception {
    other.put("c1", "other", A, 1, "z");
    here.store.fail(new IOException("locked"));
    here.begin().pass();
    assertThat(here.live("c1")).isZero();
    here.time.advance(Duration.ofMinutes(9));
    here.pass();
    assertThat(here.sent()).isEmpty();
    here.time.advance(Duration.ofMinutes(2));
    assertThat(here.pass().problem()).contains("locked");
    assertThat(here.sent()).as("and never an empty one").containsExactly("a all c1", "a c1:z");
    here.store.fail(null);
    here.pass();
    assertThat(here.sent()).containsExactly("b all");
  }

  @Test
  void keepsTheSessionsOfAStoreThatIsMovedAwayAndComesBack() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.store.vanish();
    assertThat(here.pass().problem()).contains("/stores/opencode", "is gone");
    assertThat(here.sent()).isEmpty();
    here.store.put("s1", "one", A, 1, "x");
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.sessions("a")).extracting(s -> s.path("id").asText()).containsExactly("s1");
  }

  @Test
  void sendsNothingThatWasReadWhileTheWorkerEnds() throws Exception {
    here.store.put("s1", "one", A, 1, "x").put("s2", "two", A, 2, "y");
    here.pass();
    here.sent();
    here.with(new MadeStore("codex") {
      @Override
      public List<Session> sessions(String id) {
        Thread.currentThread().interrupt(); // and files that it wanted to open look gone
        return List.of();
      }
    }).begin();
    assertThatThrownBy(here::pass).isInstanceOf(InterruptedException.class);
    assertThat(here.sent()).isEmpty();
  }
}
