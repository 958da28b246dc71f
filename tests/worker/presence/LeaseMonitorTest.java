package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Clock;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerContext;
import lib.worker.presence.Heartbeat;
import lib.worker.presence.LeaseMonitor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.worker.MadeWorker;

/** An agent ends before its task may be another worker's, whatever happens to clocks, machine and worker. */
class LeaseMonitorTest {
  private static final long LEASE = 900;
  private static final Duration USABLE = Duration.ofSeconds(870);

  @TempDir
  private Path folder;
  private final TwoClocks clock = new TwoClocks();
  private WorkerContext context;
  private RunningTasks running;
  private Heartbeat heartbeat;
  private LeaseMonitor monitor;

  /** A machine whose two clocks a test moves; the monitor's sleep takes no time and ends its loop when a look was enough. */
  private static final class TwoClocks implements Clock {
    private long nanos = 1;
    private int turns; // sleeps that a loop may have
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private void awake(Duration duration) {
      nanos += duration.toNanos();
      now = now.plus(duration);
    }

    private void asleep(Duration duration) {
      now = now.plus(duration);
    }

    @Override
    public Instant now() {
      return now;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      if (turns-- <= 0) {
        throw new InterruptedException("these looks are enough");
      }
    }
  }

  @BeforeEach
  void start() {
    context = MadeWorker.alone(folder, clock);
    restart();
  }

  private void restart() {
    running = new RunningTasks(context.settings(), clock);
    heartbeat = new Heartbeat(context, running, null);
    monitor = new LeaseMonitor(context, running, heartbeat);
  }

  private RunningTask claimed(String task, long lease, Instant at) {
    var place = running.add(MadeWorker.task(task), null);
    place.claimed(MadeWorker.attempt(task, 1, lease, at));
    return place;
  }

  private boolean isStopped(RunningTask place) {
    clock.turns = 0;
    new RestartingLoop("leases", monitor::run, clock).run();
    return place.stopRequest().map(stop -> stop.cause() == StopRequest.Cause.LEASE_EXPIRED).orElse(false);
  }

  private void expectTheEndOfTheLease(RunningTask place) {
    clock.awake(USABLE.minusSeconds(1));
    assertThat(isStopped(place)).isFalse();
    clock.awake(Duration.ofSeconds(1));
    assertThat(isStopped(place)).isTrue();
  }

  @Test
  void endsAnAgentThirtySecondsBeforeTheLeaseIsOverAndNotBefore() {
    var place = claimed("t", LEASE, clock.now());
    expectTheEndOfTheLease(place);
  }

  @Test
  void countsFromTheLastHeartbeatThatTheServerAnswered() {
    var place = claimed("t", LEASE, clock.now());
    clock.awake(Duration.ofSeconds(600));
    heartbeat.answered(clock.nanos(), clock.now());
    expectTheEndOfTheLease(place);
  }

  @Test
  void countsTheTimeInWhichTheMachineSleptAndLetsOneHeartbeatSaveTheLease() {
    var place = claimed("t", LEASE, clock.now());
    heartbeat.answered(clock.nanos(), clock.now());
    clock.asleep(Duration.ofHours(1));
    assertThat(isStopped(place)).as("a heartbeat is asked for first").isFalse();
    heartbeat.answered(clock.nanos(), clock.now());
    clock.awake(Duration.ofSeconds(20));
    assertThat(isStopped(place)).isFalse();
    clock.asleep(Duration.ofHours(1));
    assertThat(isStopped(place)).isFalse();
    clock.awake(Duration.ofSeconds(20));
    assertThat(isStopped(place)).as("no heartbeat was answered").isTrue();
  }

  @Test
  void knowsTheAgeOfALeaseAfterARestart() throws Exception {
    var start = clock.now();
    claimed("t", LEASE, start);
    clock.awake(Duration.ofSeconds(100));
    heartbeat.answered(clock.nanos(), clock.now());
    Files.writeString(folder.resolve("last-contact"), clock.now().toString());
    clock.asleep(USABLE.minusSeconds(1));
    restart();
    var adopted = claimed("t", LEASE, start);
    assertThat(isStopped(adopted)).isFalse();
    clock.awake(Duration.ofSeconds(1));
    assertThat(isStopped(adopted)).isFalse();
    clock.awake(Duration.ofSeconds(20));
    assertThat(isStopped(adopted)).isTrue();
  }

  @Test
  void takesTheClaimForTheLastContactWhenNoneWasKept() throws Exception {
    Files.writeString(folder.resolve("last-contact"), "no time");
    restart();
    var old = claimed("old", LEASE, clock.now().minus(USABLE));
    var fresh = claimed("fresh", LEASE, clock.now());
    assertThat(heartbeat.age()).isEmpty();
    isStopped(old);
    clock.awake(Duration.ofSeconds(20));
    assertThat(isStopped(old)).isTrue();
    assertThat(isStopped(fresh)).isFalse();
  }

  @Test
  void leavesAnAgentWithoutALeaseAlone() {
    var place = claimed("t", 0, clock.now());
    clock.awake(Duration.ofDays(1));
    assertThat(isStopped(place)).isFalse();
  }

  @Test
  void isNotHinderedByAClockThatIsSetBack() {
    var place = claimed("t", LEASE, clock.now());
    heartbeat.answered(clock.nanos(), clock.now());
    clock.asleep(Duration.ofHours(-5));
    clock.awake(USABLE);
    assertThat(isStopped(place)).isTrue();
  }

  @Test
  void keepsTheLastContactOnDiskWhileALeasedTaskRuns() throws Exception {
    keep();
    assertThat(folder.resolve("last-contact")).doesNotExist();
    claimed("t", LEASE, clock.now());
    keep();
    assertThat(Files.readAllLines(folder.resolve("last-contact"))).isEqualTo(List.of(clock.now().toString()));
  }

  private void keep() {
    heartbeat.answered(clock.nanos(), clock.now());
    clock.turns = 1;
    new RestartingLoop("contact", heartbeat::keepContact, clock).run();
  }
}
