///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES measure/*.java
//SOURCES ../lib/**.java
//SOURCES ../worker.java
package scripts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import scripts.measure.Floods;
import scripts.measure.Masks;
import scripts.measure.Noops;
import scripts.measure.Rest;
import scripts.measure.Rig;
import scripts.measure.Settles;
import scripts.measure.Soak;
import scripts.measure.Starts;
import scripts.measure.Syncs;

/**
 * Measures the worker against what the machine allows: {@code ./jbang scripts/bench.java [part …]}. Each figure stands beside its
 * floor, measured in the same run by a bare client that makes the same calls and syncs, so the ratios hold on any machine.
 */
public final class bench {
  private static final List<String> PARTS = List.of("starts", "output", "noops", "settling", "idle", "commands", "masks", "sync");

  private bench() {}

  public static void main(String[] args) throws Exception {
    System.out.printf("machine: %d cores, Java %s, %s%n", Runtime.getRuntime().availableProcessors(), System.getProperty("java.version"),
        processor());
    try (var rig = new Rig(System.out)) {
      for (var part : args.length == 0 ? PARTS : List.of(args)) {
        switch (part) {
          case "starts" -> new Starts(rig).run();
          case "output" -> new Floods(rig).run();
          case "noops" -> new Noops(rig).run();
          case "settling" -> new Settles(rig).run();
          case "idle" -> new Rest(rig).run();
          case "commands" -> new Rest(rig).commands();
          case "masks" -> new Masks(rig).run();
          case "sync" -> new Syncs(rig).run();
          case "soak" -> new Soak(rig).run();
          default -> throw new IllegalArgumentException(part + " is none of " + PARTS + ", soak");
        }
      }
    }
  }

  private static String processor() throws Exception {
    var info = Path.of("/proc/cpuinfo");
    return !Files.exists(info) ? "" : Files.readAllLines(info).stream().filter(l -> l.startsWith("model name")).findFirst()
        .map(l -> l.replaceFirst(".*: ", "")).orElse("");
  }
}
