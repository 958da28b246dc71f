package lib.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import lib.Problem;

/** A folder kept to one process. The operating system frees it when the process ends, however it ends. */
public final class Lock implements AutoCloseable {
  private final FileChannel channel;

  private Lock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param owner what holds it, for the message: "a worker", "a server"
   * @throws Problem naming the process that has it, or why the file cannot be used
   */
  public static Lock take(Path file, String owner) {
    FileChannel channel = null;
    FileLock lock = null;
    try {
      Durable.folder(file.getParent());
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      if (lock != null) {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        return new Lock(channel);
      }
      throw taken(file, owner);
    } catch (OverlappingFileLockException e) {
      throw taken(file, owner);
    } catch (IOException e) {
      throw new Problem("the folder " + file.getParent() + " cannot be used", String.valueOf(e), "let this user write there").from(e);
    } finally {
      if (lock == null && channel != null) {
        closeQuietly(channel);
      }
    }
  }

  private static Problem taken(Path file, String owner) {
    String pid;
    try {
      pid = Files.readString(file).strip();
    } catch (IOException e) {
      pid = "unknown";
    }
    return new Problem(owner + " already runs in " + file.getParent(), "process " + pid + " holds its lock",
        "stop that one (kill " + pid + "), or use another folder").ending(Problem.Exit.TRY_LATER);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing a lock", e);
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }
}
