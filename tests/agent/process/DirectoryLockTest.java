package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.DirectoryLock;
import lib.core.Environment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lock is the directory itself: it needs no file, and every process of the machine sees it. */
@Timeout(60)
class DirectoryLockTest {
  @TempDir
  Path temp;

  @Test
  void seesWhoHoldsADirectoryAndLeavesNothingInIt() throws Exception {
    var lock = DirectoryLock.of(Environment.system());
    var held = Files.createDirectory(temp.resolve("held"));
    var free = Files.createDirectory(temp.resolve("free"));
    var holder = new ProcessBuilder("flock", "--no-fork", held.toString(), "sh", "-c", "echo held; read line").start();
    holder.inputReader().readLine();
    assertThat(lock.held(List.of(held, free))).containsExactly(held);
    assertThat(lock.holder(held)).hasValue(holder.pid());
    assertThat(lock.holder(free)).isEmpty();
    holder.getOutputStream().close();
    holder.waitFor();
    assertThat(lock.isHeld(held)).isFalse();
    assertThat(held).isEmptyDirectory();
  }

  @Test
  void isFreeWhenTheDirectoryIsGone() {
    assertThat(DirectoryLock.of(Environment.system()).isHeld(temp.resolve("gone"))).isFalse();
  }

  @Test
  void saysWhyOnlyThisWorkersOrderHoldsWhenThereIsNoFlock() throws Exception {
    assertThat(DirectoryLock.of(Environment.system()).weakness(temp)).isEmpty();
    assertThat(without().weakness(temp).orElseThrow()).contains("util-linux");
    Files.createFile(temp.resolve("busybox")).toFile().setExecutable(true);
    Files.createSymbolicLink(temp.resolve("flock"), temp.resolve("busybox"));
    assertThat(without().weakness(temp).orElseThrow()).contains("util-linux");
  }

  private DirectoryLock without() {
    return DirectoryLock.of(new Environment(Map.of("PATH", temp.toString()), temp, temp, "host"));
  }
}
