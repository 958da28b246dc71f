package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.Lease;
import lib.server.worker.Leases;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** A lease is there exactly as long as a worker has a task, whatever is said late or of somebody else's. */
class LeasesTest {
  private final FakeTime time = new FakeTime();
  private final Leases leases = new Leases(time);

  @Test
  void onlyAClaimBeginsALease() {
    leases.renew("t", "w");
    leases.renewAll("w");
    assertThat(leases.all()).isEmpty();
    leases.begin("t", "w", Lease.LENGTH);
    assertThat(leases.all()).containsOnlyKeys("t");
  }

  @Test
  void aSignOfLifeOfAnotherWorkerRenewsNothing() {
    leases.begin("t", "w", Lease.LENGTH);
    time.advance(Lease.LENGTH);
    leases.renew("t", "other");
    assertThat(leases.isOver("t")).isTrue();
    assertThat(leases.task("other")).isNull();
    leases.renew("t", "w");
    assertThat(leases.isOver("t")).isFalse();
  }

  @Test
  void leasesAgreeWithTheTasksThatRun() {
    leases.begin("ended", "w", Lease.LENGTH);
    leases.begin("runs", "w", Lease.LENGTH);
    leases.begin("went elsewhere", "w", Lease.LENGTH);
    time.advance(Duration.ofSeconds(10));
    var before = leases.all();
    leases.begin("began meanwhile", "w", Lease.LENGTH);
    leases.reconcile(before, Map.of("runs", "w", "went elsewhere", "v", "was there before us", "v"));
    assertThat(leases.all()).containsOnlyKeys("runs", "went elsewhere", "was there before us", "began meanwhile");
    time.advance(Lease.LENGTH.minusSeconds(10));
    assertThat(leases.isOver("runs")).isTrue();
    assertThat(leases.isOver("went elsewhere")).isFalse();
    assertThat(leases.all().values().stream().filter(lease -> lease.worker().equals("v"))).hasSize(2);
  }

  @Test
  void aLeaseLastsAsLongAsItsClaimPromisedWhateverElseIsSaid() {
    leases.begin("claimed", "w", Lease.LENGTH);
    leases.begin("claimed", "w", Leases.UNPROMISED);
    leases.begin("taken without a claim", "w", Leases.UNPROMISED);
    time.advance(Leases.UNPROMISED);
    assertThat(leases.isOver("claimed")).isFalse();
    assertThat(leases.isOver("taken without a claim")).isTrue();
    time.advance(Lease.LENGTH.minus(Leases.UNPROMISED));
    assertThat(leases.isOver("claimed")).isTrue();
  }
}
