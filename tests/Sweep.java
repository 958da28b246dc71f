package tests;

import module java.base;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirDeletionStrategy;

/**
 * Deletes the temporary folder of a test, and again while a process that was just ended writes its last file there: a
 * supervisor records the end of its agent after the agent is gone. What is left after ten seconds is a process that
 * nobody ended, and fails the test.
 */
public final class Sweep implements TempDirDeletionStrategy {
  private static final Duration LAST_WRITES = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(50);

  @Override
  public DeletionResult delete(Path folder, AnnotatedElementContext element, ExtensionContext test) throws IOException {
    var since = System.nanoTime();
    var result = Standard.INSTANCE.delete(folder, element, test);
    while (!result.isSuccessful() && System.nanoTime() - since < LAST_WRITES.toNanos()) {
      LockSupport.parkNanos(PAUSE.toNanos());
      result = Standard.INSTANCE.delete(folder, element, test);
    }
    return result;
  }
}
