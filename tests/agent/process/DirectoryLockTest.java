package tests.agent.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lib.agent.process.DirectoryLock;
import lib.core.Environment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All workers of a user mean the same lock by one folder. */
class DirectoryLockTest {
  private static final int ROUNDS = 100;

  @TempDir
  Path home;

  @Test
  void workersThatNeedAFoldersLockForTheFirstTimeAtOnceGetTheSameFile() throws Exception {
    var lanes = new DirectoryLock(new Environment(Map.of(), home, home, "host"));
    var together = new CyclicBarrier(2);
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (var round = 0; round < ROUNDS; round++) {
        var folder = home.resolve("code" + round);
        List<Future<Object>> files = new ArrayList<>();
        for (var worker = 0; worker < 2; worker++) {
          files.add(threads.submit(() -> {
            together.await();
            return Files.getAttribute(lanes.of(folder), "unix:ino");
          }));
        }
        assertThat(new HashSet<>(List.of(files.get(0).get(), files.get(1).get()))).hasSize(1);
      }
    }
  }
}
