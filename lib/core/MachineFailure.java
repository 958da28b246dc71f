package lib.core;

import module java.base;

/**
 * This machine cannot do what any task needs: a disk is full, a folder may not be written, no process can be started. It says
 * nothing of the task or its agent. The worker takes no task until it can be done again.
 */
public final class MachineFailure extends IOException {
  private final transient Problem problem;

  /** @param problem the path, the reason and the fix, for people */
  public MachineFailure(Problem problem, Throwable cause) {
    super(problem.what() + ": " + problem.why(), cause);
    this.problem = problem;
  }

  /** The failure to write below a folder, with the path that failed. */
  public static MachineFailure writing(Path folder, IOException cause) {
    if (cause instanceof MachineFailure known) {
      return known;
    }
    var path = cause instanceof FileSystemException named && named.getFile() != null ? named.getFile() : folder.toString();
    return new MachineFailure(new Problem("the worker cannot write " + path, reason(cause), "make " + folder
        + " writable for this user, with room on its disk"), cause);
  }

  /** The path, the reason and the fix, for people. */
  public Problem problem() {
    return problem;
  }

  /** A file system's reason in words; Java's own message is often the path alone. */
  private static String reason(IOException cause) {
    return switch (cause) {
      case AccessDeniedException e -> "permission denied";
      case NoSuchFileException e -> "no such file or folder";
      case NotDirectoryException e -> "a part of the path is no folder";
      case FileAlreadyExistsException e -> "a file stands in its place";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(cause.getMessage());
    };
  }
}
