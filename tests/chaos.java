///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES all.java
package tests;

import module java.base;
import picocli.CommandLine.Option;
import picocli.CommandLine;
import tests.program.Chaos;

/**
 * The long run: {@code ./jbang tests/chaos.java --minutes 5 --seed 7 [--tasks N] [--workers N]}. The last line is
 * {@code N passed, N failed}. Exit 0 when everything was in order; else 1, and what was written is kept.
 */
@CommandLine.Command(name = "chaos", mixinStandardHelpOptions = true,
    description = "Many tasks through workers and a server that are killed and cut off; the seed says where.")
public final class chaos implements Runnable {
  @Option(names = "--minutes", defaultValue = "5", description = "how long there are faults and new tasks (default ${DEFAULT-VALUE})")
  private double minutes;
  @Option(names = "--seed", description = "places the same faults at the same steps (default: a new one each time)")
  private Long seed;
  @Option(names = "--tasks", defaultValue = "1000", description = "tasks at most (default ${DEFAULT-VALUE})")
  private int tasks;
  @Option(names = "--workers", defaultValue = "4", description = "workers (default ${DEFAULT-VALUE})")
  private int workers;
  private int failed;
  private int passed;

  public static void main(String[] args) {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "off"); // what counts is printed
    var run = new chaos();
    var code = new CommandLine(run).execute(args);
    System.exit(code != 0 ? code : run.failed == 0 ? 0 : 1);
  }

  @Override
  public void run() {
    try {
      var home = Files.createTempDirectory("chaos");
      var plan = new Chaos.Plan(seed == null ? System.nanoTime() % 100_000 : seed, Duration.ofMillis((long) (minutes * 60_000)), tasks,
          workers, true);
      try (var chaos = new Chaos(plan, home, System.out)) {
        Runtime.getRuntime().addShutdownHook(new Thread(chaos::abandon)); // Ctrl-C leaves no process either
        failed = chaos.run().size();
        passed = chaos.made() - failed;
      }
      if (failed == 0) {
        remove(home);
      } else {
        System.out.println("kept: " + home);
      }
      System.out.println(passed + " passed, " + failed + " failed");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void remove(Path home) throws IOException {
    try (var all = Files.walk(home)) {
      for (var file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
