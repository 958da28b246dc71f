package tests;

import module java.base;

/** The project's own files; tests run from its folder or one below. */
public final class Project {
  private Project() {}

  public static Path file(String name) {
    for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("worker.java"))) {
        return folder.resolve(name);
      }
    }
    throw new AssertionError("the tests must be run from within the project's folder");
  }
}
