package lib.store;

import module java.base;
import lib.core.Problem;

/** A folder kept to one process. The operating system frees it when the process ends, however it ends. */
public final class LockFile implements AutoCloseable {
  /** {@link #holder} has the lock itself for an instant, which must not look like an owner. */
  private static final int TRIES = 4;
  private static final long BETWEEN_NANOS = 25_000_000;

  private static final String OWN_PID = Long.toString(ProcessHandle.current().pid());

  /** The locks of this process: Linux frees a lock when its process closes any descriptor of the file, so none is opened again. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Path key;

  private LockFile(FileChannel channel, Path key) {
    this.channel = channel;
    this.key = key;
  }

  /**
   * Takes the lock.
   *
   * @param owner what holds it, for the message: "a worker", "a server"
   * @param wayOut what a second one can do besides waiting for the first to end, for the message
   * @throws Problem naming the process that has it, or why the file cannot be used
   */
  public static synchronized LockFile take(Path file, String owner, String wayOut) {
    try {
      DurableFiles.ownFolder(file.getParent());
      var key = key(file);
      if (HELD.contains(key)) {
        throw taken(file, OWN_PID, owner, wayOut);
      }
      var lock = new LockFile(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE), key);
      HELD.add(key);
      for (var tries = TRIES; tries > 0; tries--) {
        if (lock.channel.tryLock() != null) {
          lock.channel.truncate(0);
          lock.channel.write(ByteBuffer.wrap((OWN_PID + "\n").getBytes(StandardCharsets.US_ASCII)));
          return lock;
        }
        LockSupport.parkNanos(BETWEEN_NANOS);
      }
      lock.close();
      throw taken(file, pid(file), owner, wayOut);
    } catch (IOException e) {
      throw new Problem("the folder " + file.getParent() + " cannot be used", why(e), "let this user write there").from(e);
    }
  }

  /** The process that holds the lock, as far as it has said; empty when none does, or when this may not be asked. */
  public static Optional<String> holder(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      if (HELD.contains(key(file))) {
        return Optional.of(OWN_PID);
      }
      try (var channel = FileChannel.open(file, StandardOpenOption.READ);
          var free = channel.tryLock(0, Long.MAX_VALUE, true)) { // shared: two that ask do not take each other for an owner
        return free != null ? Optional.empty() : Optional.of(pid(file));
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Path key(Path file) throws IOException {
    return file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
  }

  private static String why(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "no permission for " + denied.getFile();
      case FileAlreadyExistsException taken -> taken.getFile() + " is a file";
      case FileSystemException failed when failed.getReason() != null -> failed.getFile() + ": " + failed.getReason();
      default -> e.getMessage();
    };
  }

  private static Problem taken(Path file, String pid, String owner, String wayOut) {
    return new Problem(owner + " already runs in " + file.getParent(), "process " + pid + " holds its lock",
        "stop that one (kill " + pid + "), or " + wayOut).ending(Problem.Exit.TRY_LATER);
  }

  private static String pid(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing a lock", e);
    }
    HELD.remove(key);
  }
}
