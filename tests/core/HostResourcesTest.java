package tests.core;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.os.HostResources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of the machine is read as the kernel tells it, and where it tells nothing there is enough. */
class HostResourcesTest {
  @TempDir
  private Path root;

  private void file(String name, String text) throws Exception {
    Files.createDirectories(root.resolve(name).getParent());
    Files.writeString(root.resolve(name), text);
  }

  private HostResources machine() {
    return new HostResources(root);
  }

  @Test
  void memoryIsWhatTheKernelCallsAvailable() throws Exception {
    file("proc/meminfo", "MemTotal:       8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\n");
    assertThat(machine().memory()).isEqualTo(2_000_000L << 10);
  }

  @Test
  void aControlGroupsLimitCountsWhenItIsNearer() throws Exception {
    file("proc/meminfo", "MemAvailable:    2000000 kB\n");
    file("proc/self/cgroup", "0::/user.slice/worker.service\n");
    file("sys/fs/cgroup/user.slice/memory.max", "1000000\n");
    file("sys/fs/cgroup/user.slice/memory.current", "700000\n");
    file("sys/fs/cgroup/user.slice/memory.stat", "anon 1\ninactive_file 200000\n");
    file("sys/fs/cgroup/user.slice/worker.service/memory.max", "max\n");
    file("sys/fs/cgroup/user.slice/worker.service/memory.current", "500000\n");
    assertThat(machine().memory()).isEqualTo(500_000);
  }

  @Test
  void aMachineThatSwapsItselfToDeathSaysSo() throws Exception {
    file("proc/pressure/memory", "some avg10=60.00 avg60=10.00 avg300=3.00 total=1\nfull avg10=42.50 avg60=9.00 avg300=2.00 total=1\n");
    assertThat(machine().stalled()).isEqualTo(42.5);
  }

  @Test
  void hasEnoughWhenTheSystemSaysNothing() throws Exception {
    assertThat(machine().memory()).isEqualTo(Long.MAX_VALUE);
    assertThat(machine().stalled()).isZero();
    file("proc/meminfo", "garbage\n");
    file("proc/pressure/memory", "full avg10=x\n");
    file("proc/self/cgroup", "0::/../../..\n");
    assertThat(machine().memory()).isEqualTo(Long.MAX_VALUE);
    assertThat(machine().stalled()).isZero();
    assertThat(machine().disk(root.resolve("nowhere"))).isEqualTo(Long.MAX_VALUE);
    assertThat(machine().disk(root)).isPositive();
  }
}
