package lib.store;

import module java.base;
import lib.core.Problem;

/** Files and folders that only their owner may read, from the moment they exist, and that survive a loss of power. */
public final class DurableFiles {
  private static final FileAttribute<?> FILE_0600 = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> FOLDER_0700 = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private DurableFiles() {}

  /** Replaces the file as a whole: readers see the old content or the new, never a part. On the disk when it returns. */
  public static void write(Path file, byte[] content) throws IOException {
    var temporary = temporary(file, content);
    sync(temporary);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    sync(file.getParent());
  }

  /** The same for what need not survive a loss of power. */
  public static void replace(Path file, byte[] content) throws IOException {
    Files.move(temporary(file, content), file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path temporary(Path file, byte[] content) throws IOException {
    var temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    create(temporary, content);
    return temporary;
  }

  /** Writes a file that must not exist yet; {@link #sync} of it and of its folder brings it to the disk. */
  public static void create(Path file, byte[] content) throws IOException {
    try (var channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE_0600)) {
      var buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }

  /** Makes the folder and its parents; those that are new are 0700. */
  public static Path folder(Path folder) throws IOException {
    return Files.createDirectories(folder, FOLDER_0700);
  }

  /**
   * The same for a folder that only its user may have: what others may write there could lead this process elsewhere.
   *
   * @throws Problem when it belongs to another user, or group or others may write it
   */
  public static Path ownFolder(Path folder) throws IOException {
    folder(folder);
    var attributes = Files.readAttributes(folder, PosixFileAttributes.class);
    var owner = attributes.owner();
    if (!owner.equals(currentUser(folder))) {
      throw new Problem("the folder " + folder + " is not safe", "it belongs to " + owner.getName(), "run as that user, or name another folder");
    }
    if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE) || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new Problem("the folder " + folder + " is not safe", "other users may write it", "chmod go-w " + folder);
    }
    return folder;
  }

  /** The user that a new file there belongs to; the name in the environment may be another's. */
  private static UserPrincipal currentUser(Path folder) throws IOException {
    var probe = Files.createTempFile(folder, ".owner", null, FILE_0600);
    try {
      return Files.getOwner(probe);
    } finally {
      Files.delete(probe);
    }
  }

  /** Brings a file's content, or the names in a folder, to the disk. */
  public static void sync(Path path) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** A short name for a long text: 96 bits of its hash, in hex, which no two names of a machine share. */
  public static String digest(String text) {
    return HexFormat.of().formatHex(sha256(text), 0, 12);
  }

  public static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
