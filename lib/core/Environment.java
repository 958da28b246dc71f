package lib.core;

import module java.base;
import lib.core.os.ProcFs;

/**
 * What a process was started with: its variables, its current folder, its user's home and the host's name.
 * {@code HOME} decides before the user database does, as shells do.
 */
public record Environment(Map<String, String> vars, Path cwd, Path home, String host) {
  public Environment {
    vars = Map.copyOf(vars);
  }

  /** This process's own surroundings. */
  public static Environment system() {
    var vars = System.getenv();
    var home = vars.getOrDefault("HOME", "");
    return new Environment(vars, Path.of("").toAbsolutePath(), Path.of(home.isEmpty() ? System.getProperty("user.home") : home),
        hostName());
  }

  /** A variable's value; an empty one counts as not set. */
  public String var(String name) {
    var value = vars.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** An absolute, normalised path; a leading {@code ~} is the home folder, a relative one starts at {@code base}. */
  public Path path(String raw, Path base) {
    if (raw.equals("~")) {
      return home.normalize();
    }
    var path = raw.startsWith("~/") ? home.resolve(raw.substring(2)) : base.resolve(raw);
    return path.toAbsolutePath().normalize();
  }

  /** The program of this name on the PATH; a relative entry would look in whatever folder the process stands in. */
  public Optional<Path> program(String name) {
    return Stream.of(vars.getOrDefault("PATH", "").split(":")).filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder).resolve(name)).filter(Environment::isProgram).findFirst();
  }

  /** Whether a file may be run. */
  public static boolean isProgram(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /** A folder of the XDG base directory specification: the variable if it is absolute, else below home. */
  public Path xdg(String variable, String belowHome) {
    var value = var(variable);
    return value != null && value.startsWith("/") ? Path.of(value) : home.resolve(belowHome);
  }

  /** The kernel's name: a look-up may fail today and succeed tomorrow, and the worker would have another name and state folder. */
  private static String hostName() {
    var kernel = ProcFs.read(Path.of("/proc/sys/kernel/hostname")).strip(); // empty where this is no Linux
    try {
      return kernel.isEmpty() ? InetAddress.getLocalHost().getHostName() : kernel;
    } catch (UnknownHostException e) {
      return "localhost"; // a host without a resolvable name still needs a worker name
    }
  }
}
