package lib.core.os;

import module java.base;

/**
 * Linux's {@code /proc}. A process may end at any moment and may be another user's, so what cannot be read is empty. Without
 * state and thread-safe.
 */
public final class ProcFs {
  private static final Path PROC = Path.of("/proc");
  private static final Path BOOT = PROC.resolve("sys/kernel/random/boot_id");
  private static final int FIELDS = 20; // up to the start time

  private ProcFs() {}

  /**
   * One process.
   *
   * @param state the kernel's letter for what it does
   * @param session the process that leads its session
   * @param start when it started, in clock ticks since boot; it tells the process from a later one of the same id
   * @param ticks the CPU time of the process and its ended children
   */
  public record Stat(long pid, char state, long parent, long session, long start, long ticks) {
    /** Whether it only waits for its parent to remove it. */
    public boolean isZombie() {
      return state == 'Z' || state == 'X';
    }
  }

  /** Whether this system has it. */
  public static boolean exists() {
    return Files.isDirectory(PROC.resolve("self"));
  }

  /** The entry of a process. */
  public static Path of(long pid) {
    return PROC.resolve(Long.toString(pid));
  }

  /** The process of this id; empty when there is none. */
  public static Optional<Stat> stat(long pid) {
    var line = read(of(pid).resolve("stat"));
    var fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" "); // the name before may hold anything
    return fields.length < FIELDS ? Optional.empty() : Optional.of(new Stat(pid, fields[0].charAt(0), Long.parseLong(fields[1]),
        Long.parseLong(fields[3]), Long.parseLong(fields[19]), Long.parseLong(fields[11]) + Long.parseLong(fields[12])
        + Long.parseLong(fields[13]) + Long.parseLong(fields[14])));
  }

  /**
   * Every process of the machine. Processes start and end while it is read, so that a process may be missing.
   *
   * @throws IOException when the machine cannot list them
   */
  public static List<Stat> all() throws IOException {
    var all = new ArrayList<Stat>();
    try (var entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
      entries.forEach(entry -> stat(Long.parseLong(entry.getFileName().toString())).ifPresent(all::add));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return all;
  }

  /** A variable of the environment that a process was started with. */
  public static Optional<String> variable(long pid, String name) {
    return words(of(pid).resolve("environ")).stream().filter(word -> word.startsWith(name + "=")).findFirst()
        .map(word -> word.substring(name.length() + 1));
  }

  /** The arguments that a process was started with. */
  public static List<String> commandLine(long pid) {
    return words(of(pid).resolve("cmdline"));
  }

  /** The folder that a process works in; links are resolved. */
  public static Optional<Path> directory(long pid) {
    try {
      return Optional.of(Files.readSymbolicLink(of(pid).resolve("cwd")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The id of this boot of the machine; empty where the system has none. */
  public static String boot() {
    return read(BOOT).strip();
  }

  /** Seconds since boot, the time asleep included. */
  public static Optional<Long> uptime() {
    var line = read(PROC.resolve("uptime"));
    return line.isEmpty() ? Optional.empty() : Optional.of(Long.parseLong(line.split("[. ]")[0]));
  }

  /** The content of a file, as bytes; empty when it cannot be read. */
  public static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private static List<String> words(Path file) {
    try {
      return List.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }
}
