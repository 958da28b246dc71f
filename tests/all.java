///usr/bin/env jbang "$0" "$@" ; exit $?
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//DEPS org.assertj:assertj-core:3.27.7
//SOURCES **.java
//SOURCES ../worker.java
//SOURCES ../scripts/bench.java
package tests;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs the tests: {@code ./jbang tests/all.java [Name|*Pattern*]...}. Exit 0 when all passed, 1 with failures, 2 when
 * nothing matched. The last line is {@code N passed, N failed, N skipped}.
 */
public final class all {
  private all() {}

  public static void main(String[] args) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "off"); // what counts is asserted
    var names = new ArrayList<String>();
    for (var arg : args) {
      names.add(".*" + (arg.contains("*") ? arg.replace("*", ".*") : Pattern.quote(arg)) + ".*");
    }
    var request = LauncherDiscoveryRequestBuilder.request()
        .selectors(selectClasspathRoots(Set.of(Path.of(all.class.getProtectionDomain().getCodeSource().getLocation().toURI()))))
        .filters(ClassNameFilter.includeClassNamePatterns(names.isEmpty() ? new String[] {".*"} : names.toArray(String[]::new)))
        .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
        .configurationParameter("junit.jupiter.execution.parallel.config.executor-service", "WORKER_THREAD_POOL")
        .configurationParameter("junit.jupiter.execution.parallel.mode.default", "same_thread")
        .configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
        .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
        .configurationParameter("junit.jupiter.execution.timeout.default", "120 s")
        .configurationParameter("junit.jupiter.tempdir.deletion.strategy.default", Sweep.class.getName())
        .build();
    var summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, new Reporter(System.out), summary);
    var s = summary.getSummary();
    var failed = s.getTestsFailedCount() + s.getContainersFailedCount();
    System.out.println(s.getTestsSucceededCount() + " passed, " + failed + " failed, "
        + (s.getTestsSkippedCount() + s.getTestsAbortedCount()) + " skipped");
    System.exit(failed > 0 ? 1 : s.getTestsFoundCount() == 0 ? 2 : 0);
  }

  /** Prints failures with their trace and skipped tests with their reason. */
  private record Reporter(PrintStream out) implements TestExecutionListener {
    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      out.println("SKIPPED " + test.getUniqueId() + ": " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
        return;
      }
      var failed = result.getStatus() == TestExecutionResult.Status.FAILED;
      out.println((failed ? "FAILED " : "SKIPPED ") + test.getUniqueId());
      result.getThrowable().ifPresent(failed ? e -> e.printStackTrace(out) : e -> out.println("  " + e.getMessage()));
    }
  }
}
