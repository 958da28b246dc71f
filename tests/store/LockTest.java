package tests.store;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.core.Problem;
import lib.store.LockFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder belongs to one process, for as long as that lives and not longer. */
class LockTest {
  @TempDir
  Path temp;

  /** Another process that takes the lock and keeps it until it is killed. */
  public static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (var _ = LockFile.take(Path.of(args[0]), "a worker", "take another name")) {
        System.out.println("taken");
        System.in.read(); // nobody writes: until the end of either process
      }
    }
  }

  /** Another process that asks for its holder far more often than people do. */
  public static final class Asker {
    private Asker() {}

    public static void main(String[] args) {
      System.out.println("asking");
      while (true) {
        LockFile.holder(Path.of(args[0]));
        LockSupport.parkNanos(1_000_000); // without a pause it would own it more often than not
      }
    }
  }

  private static Process start(Class<?> main, Path file) throws IOException {
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-cp", System.getProperty("java.class.path"), main.getName(), file.toString()).redirectErrorStream(true).start();
  }

  private static LockFile take(Path file) {
    return LockFile.take(file, "a worker", "take another name");
  }

  @Test
  void aSecondTakerHearsWhoHasItAndWhatToDo() {
    var file = temp.resolve("state/lock");
    try (var first = take(file)) {
      var problem = catchThrowableOfType(Problem.class, () -> take(file));
      assertThat(problem.what()).isEqualTo("a worker already runs in " + temp.resolve("state"));
      assertThat(problem.why()).contains("process " + ProcessHandle.current().pid());
      assertThat(problem.fix()).contains("kill " + ProcessHandle.current().pid(), "take another name");
      assertThat(problem.exit()).isEqualTo(Problem.Exit.TRY_LATER);
      assertThat(first).isNotNull();
    }
  }

  @Test
  void closingFreesItAndARefusedTakerDoesNot() {
    var file = temp.resolve("lock");
    take(file).close();
    try (var again = take(file)) {
      assertThat(again).isNotNull();
      assertThat(catchThrowableOfType(Problem.class, () -> take(file))).isNotNull();
      assertThat(catchThrowableOfType(Problem.class, () -> take(file))).isNotNull();
    }
    take(file).close();
  }

  @Test
  void staysTakenForOtherProcessesWhenItsOwnProcessAsksAgain() throws Exception {
    var file = temp.resolve("lock");
    try (var mine = take(file)) {
      assertThat(catchThrowableOfType(Problem.class, () -> take(file))).isNotNull();
      assertThat(LockFile.holder(file)).contains(Long.toString(ProcessHandle.current().pid()));
      var other = start(Holder.class, file);
      other.getOutputStream().close();
      assertThat(new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("a worker already runs in").doesNotContain("taken\n");
      assertThat(mine).isNotNull();
    }
  }

  @Test
  void refusesAFolderThatOthersMayWrite() throws Exception {
    var open = Files.createDirectory(temp.resolve("open"));
    for (var mode : new String[] {"rwxrwx---", "rwx----w-"}) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(mode));
      var problem = catchThrowableOfType(Problem.class, () -> take(open.resolve("lock")));
      assertThat(problem.text()).contains("the folder " + open + " is not safe", "other users may write it", "chmod go-w " + open);
      assertThat(open).isEmptyDirectory();
    }
  }

  @Test
  void theDeathOfItsProcessFreesItHoweverItDies() throws Exception {
    var file = temp.resolve("lock");
    var process = start(Holder.class, file);
    try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("taken");
      var problem = catchThrowableOfType(Problem.class, () -> take(file));
      assertThat(problem.why()).contains("process " + process.pid() + " holds");
      assertThat(LockFile.holder(file)).contains(Long.toString(process.pid()));
      process.destroyForcibly().waitFor();
      assertThat(LockFile.holder(file)).isEmpty();
      take(file).close();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void askingWhoHasItNeverKeepsAnybodyFromTakingIt() throws Exception {
    var file = temp.resolve("lock");
    take(file).close();
    var process = start(Asker.class, file);
    try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("asking");
      for (var i = 0; i < 50; i++) {
        take(file).close();
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aFolderThatCannotBeUsedIsAProblem() throws Exception {
    var file = Files.writeString(temp.resolve("file"), "").resolve("lock");
    var problem = catchThrowableOfType(Problem.class, () -> take(file));
    assertThat(problem.what()).contains(temp.resolve("file").toString(), "cannot be used");
    assertThat(problem.why()).isEqualTo(temp.resolve("file") + " is a file");
    assertThat(problem.text()).doesNotContain("java.", "Exception");
  }

  @Test
  void theLockOfAnotherFolderIsAnother() {
    try (var first = take(temp.resolve("a/lock")); var second = take(temp.resolve("b/lock"))) {
      assertThat(first).isNotSameAs(second);
    }
  }
}
