package lib.core.os;

import module java.base;

/**
 * Reads how much disk and memory this Linux machine has to spare. What it cannot read counts as plenty. Thread-safe.
 *
 * @param root where {@code proc} and {@code sys} lie
 */
public record HostResources(Path root) {
  /** More than any limit, so that a machine without the file holds nothing back. */
  static final long PLENTY = Long.MAX_VALUE;

  private static final String STALLED = "full avg10=";

  /** Bytes that an ordinary user can still write to the disk of this folder. */
  public long disk(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      return PLENTY; // the first write finds out
    }
  }

  /** Bytes of memory that new programs can have: the machine's, or less where a control group has a limit. */
  public long memory() {
    var free = field(root.resolve("proc/meminfo"), "MemAvailable:");
    return Math.min(free == PLENTY ? PLENTY : free << 10, group());
  }

  /**
   * The share of the last ten seconds, in per cent, in which all programs waited for memory. A machine that swaps all the
   * time still counts memory as available.
   */
  public double stalled() {
    return ProcFs.read(root.resolve("proc/pressure/memory")).lines().filter(line -> line.matches(STALLED + "\\d{1,3}\\.\\d\\d .*")).findFirst()
        .map(line -> Double.parseDouble(line.substring(STALLED.length()).split(" ")[0])).orElse(0.0); // older kernels have no such file
  }

  /** What this process's control group and those above it leave; cached files count as free. */
  private long group() {
    var free = PLENTY;
    var all = root.resolve("sys/fs/cgroup");
    for (var line : ProcFs.read(root.resolve("proc/self/cgroup")).split("\n")) {
      var own = line.startsWith("0::/") ? all.resolve(line.substring(4)).normalize() : root; // other lines are of the first kind
      for (var group = own; group.startsWith(all); group = group.getParent()) {
        var most = number(ProcFs.read(group.resolve("memory.max")).strip());
        var used = number(ProcFs.read(group.resolve("memory.current")).strip());
        if (most != PLENTY && used != PLENTY) {
          var cached = field(group.resolve("memory.stat"), "inactive_file");
          free = Math.min(free, Math.max(0, most - used + (cached == PLENTY ? 0 : cached)));
        }
      }
    }
    return free;
  }

  /** The number behind a word at the beginning of a line. */
  private static long field(Path file, String word) {
    return ProcFs.read(file).lines().map(line -> line.strip().split("\\s+")).filter(parts -> parts.length > 1 && parts[0].equals(word))
        .mapToLong(parts -> number(parts[1])).findFirst().orElse(PLENTY);
  }

  private static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : PLENTY;
  }
}
