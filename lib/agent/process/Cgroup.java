package lib.agent.process;

import module java.base;
import lib.core.os.ProcFs;
import lib.store.DurableFiles;

/**
 * A control group (version 2) that holds one attempt's processes: what is in it cannot leave it by itself, and is killed as a
 * whole. It lies below the worker's own group, where the worker may make one: as root, or in a unit with {@code Delegate=yes}.
 * Without state of its own and thread-safe.
 *
 * @param path its folder
 */
record Cgroup(Path path) {
  private static final String NOTE = "cgroup"; // a worker that starts later may lie in another group

  /** Makes the group of an attempt; empty where this process may not. */
  static Optional<Cgroup> create(AttemptDirectory attempt) {
    var group = own().map(own -> new Cgroup(own.resolve("a2a-" + DurableFiles.digest(attempt.path().toString()))));
    try {
      if (group.isPresent() && !Files.isDirectory(group.get().path)) {
        Files.createDirectory(group.get().path);
        DurableFiles.replace(attempt.file(NOTE), group.get().path.toString().getBytes(StandardCharsets.UTF_8));
      }
      return group;
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The group that a worker has made for an attempt, if it is still there. */
  static Optional<Cgroup> of(AttemptDirectory attempt) {
    return Optional.of(ProcFs.read(attempt.file(NOTE))).filter(note -> !note.isEmpty()).map(Path::of).filter(Files::isDirectory)
        .map(Cgroup::new);
  }

  /** Moves a process into it. Its children follow when they start; those that it has already stay. */
  void add(long pid) {
    try {
      Files.writeString(path.resolve("cgroup.procs"), Long.toString(pid));
    } catch (IOException e) {
      return; // it ended meanwhile; the other ways to find an attempt's processes hold in any case
    }
  }

  /** The processes in it and in the groups that they made below it. */
  Set<Long> processes() {
    var found = new HashSet<Long>();
    try (var groups = Files.walk(path)) {
      groups.filter(Files::isDirectory).forEach(group -> ProcFs.read(group.resolve("cgroup.procs")).lines()
          .filter(line -> !line.equals("0")).map(Long::parseLong).forEach(found::add));
    } catch (IOException | UncheckedIOException e) {
      return found; // it was removed this instant, so nothing is in it
    }
    return found;
  }

  /** Kills everything in it at once; where the kernel is older than 5.14 nothing happens. */
  void kill() {
    try {
      if (Files.exists(path.resolve("cgroup.kill"))) {
        Files.writeString(path.resolve("cgroup.kill"), "1");
      }
    } catch (IOException e) {
      return; // each of its processes is killed by its number, too
    }
  }

  /** Removes it once it is empty. */
  void remove() {
    try (var groups = Files.walk(path)) {
      for (var group : groups.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(group);
      }
    } catch (IOException | UncheckedIOException e) {
      return; // something is left in it; the next end of the attempt tries again
    }
  }

  /** The worker's own group; empty on systems without the second version. */
  private static Optional<Path> own() {
    var below = ProcFs.read(Path.of("/proc/self/cgroup")).lines().filter(line -> line.startsWith("0::/")).findFirst()
        .map(line -> line.substring("0::/".length()));
    var mount = ProcFs.read(Path.of("/proc/self/mountinfo")).lines().filter(line -> line.contains(" - cgroup2 ")).findFirst()
        .map(line -> line.split(" ")[4]);
    return mount.flatMap(root -> below.map(Path.of(root)::resolve)).filter(Files::isWritable);
  }
}
