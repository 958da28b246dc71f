///usr/bin/env jbang "$0" "$@" ; exit $?
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//DEPS org.assertj:assertj-core:3.27.7
//SOURCES **.java
//SOURCES ../worker.java
//SOURCES ../scripts/bench.java
package tests;

import module java.base;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.support.descriptor.ClassSource;
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
  /** Warns of each link out of a folder that it deletes, as a worker's control.sock may be. Held: one that nobody holds forgets its level. */
  private static final Logger LINKS = Logger.getLogger("org.junit.jupiter.api.io");

  private all() {}

  public static void main(String[] args) throws Exception {
    TestLog.start();
    LINKS.setLevel(Level.SEVERE);
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
        .configurationParameter("junit.jupiter.testclass.order.default", ClassOrderer.OrderAnnotation.class.getName())
        .configurationParameter("junit.jupiter.execution.timeout.default", "120 s")
        .configurationParameter("junit.jupiter.tempdir.deletion.strategy.default", Sweep.class.getName())
        .build();
    var summary = new SummaryGeneratingListener();
    var reporter = new Reporter(System.out, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    LauncherFactory.create().execute(request, reporter, summary);
    reporter.slowest();
    var s = summary.getSummary();
    var failed = s.getTestsFailedCount() + s.getContainersFailedCount();
    System.out.println(s.getTestsSucceededCount() + " passed, " + failed + " failed, "
        + (s.getTestsSkippedCount() + s.getTestsAbortedCount()) + " skipped");
    System.exit(failed > 0 ? 1 : s.getTestsFoundCount() == 0 ? 2 : 0);
  }

  /**
   * Prints a line for each class with its number of tests and its seconds, failures with their trace, skipped tests with
   * their reason, and at the end the tests that took longest.
   */
  private record Reporter(PrintStream out, Map<TestIdentifier, Long> starts, Map<TestIdentifier, Long> tests)
      implements TestExecutionListener {
    private static final int SLOWEST = 10;

    @Override
    public void executionStarted(TestIdentifier test) {
      starts.put(test, System.nanoTime());
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      out.println("SKIPPED " + test.getUniqueId() + ": " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      var took = System.nanoTime() - starts.remove(test);
      if (test.isTest()) {
        tests.put(test, took);
      } else if (test.getSource().filter(ClassSource.class::isInstance).isPresent()) {
        var prefix = test.getUniqueId() + "/";
        var count = tests.keySet().stream().filter(t -> t.getUniqueId().startsWith(prefix)).count();
        out.println(test.getLegacyReportingName() + ": " + count + " in " + seconds(took));
      }
      if (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
        return;
      }
      var failed = result.getStatus() == TestExecutionResult.Status.FAILED;
      out.println((failed ? "FAILED " : "SKIPPED ") + test.getUniqueId());
      result.getThrowable().ifPresent(failed ? e -> e.printStackTrace(out) : e -> out.println("  " + e.getMessage()));
    }

    private void slowest() {
      out.println("the slowest:");
      tests.entrySet().stream().sorted(Map.Entry.<TestIdentifier, Long>comparingByValue().reversed()).limit(SLOWEST)
          .forEach(e -> out.println("  " + seconds(e.getValue()) + " " + e.getKey().getUniqueId().replaceFirst("^.*?/", "")));
    }

    private static String seconds(long nanos) {
      return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }
  }
}
