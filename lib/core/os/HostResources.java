package lib.core.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads how much disk and memory this Linux machine has to spare. What it cannot read counts as plenty. Thread-safe. */
public final class HostResources {
  /** More than any limit, so that a machine without the file holds nothing back. */
  static final long PLENTY = Long.MAX_VALUE;

  private final Path root;

  /** @param root where {@code proc} and {@code sys} lie */
  public HostResources(Path root) {
    this.root = root;
  }

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
    try {
      for (var line : Files.readAllLines(root.resolve("proc/pressure/memory"))) {
        if (line.startsWith("full avg10=")) {
          return Double.parseDouble(line.substring("full avg10=".length()).split(" ")[0]);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 0; // this kernel has no such file
    }
    return 0;
  }

  /** What this process's control group and those above it leave; cached files count as free. */
  private long group() {
    var free = PLENTY;
    try {
      var all = root.resolve("sys/fs/cgroup");
      for (var line : Files.readAllLines(root.resolve("proc/self/cgroup"))) {
        if (line.startsWith("0::/")) {
          for (var group = all.resolve(line.substring(4)).normalize(); group.startsWith(all); group = group.getParent()) {
            var most = number(group.resolve("memory.max"));
            var used = number(group.resolve("memory.current"));
            if (most != PLENTY && used != PLENTY) {
              var cached = field(group.resolve("memory.stat"), "inactive_file");
              free = Math.min(free, Math.max(0, most - used + (cached == PLENTY ? 0 : cached)));
            }
          }
        }
      }
    } catch (IOException e) {
      return free; // no control groups of the second kind
    }
    return free;
  }

  private static long number(Path file) throws IOException {
    var text = Files.exists(file) ? Files.readString(file).strip() : "max";
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : PLENTY;
  }

  /** The number behind a word at the beginning of a line. */
  private static long field(Path file, String word) {
    try {
      for (var line : Files.readAllLines(file)) {
        var parts = line.strip().split("\\s+");
        if (parts.length > 1 && parts[0].equals(word) && parts[1].matches("\\d{1,18}")) {
          return Long.parseLong(parts[1]);
        }
      }
    } catch (IOException e) {
      return PLENTY;
    }
    return PLENTY;
  }
}
