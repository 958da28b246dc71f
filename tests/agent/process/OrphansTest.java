package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import lib.core.os.ProcFs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that an agent started outlives its task, whatever it does to hide, and no zombie is left of it. */
@Timeout(300)
class OrphansTest {
  private static final String[] MODES = {"fork", "escape", "chain", "doublefork", "leak"};

  @TempDir
  Path temp;

  @AfterEach
  void stopChains() throws IOException {
    for (var n = 2; n < 20; n++) {
      Files.createFile(temp.resolve("note" + n + ".stop"));
    }
  }

  @Test
  void endsWhateverHidesAndLeavesNoZombie() throws Exception {
    assertThat(run(List.of(), "free", MODES)).hasSize(MODES.length).allSatisfy(OrphansTest::isClean);
  }

  @Test
  void endsWhateverHidesInItsControlGroup() throws Exception {
    assertThat(run(List.of(), "contained", MODES)).hasSize(MODES.length).allSatisfy(OrphansTest::isClean);
    var mount = ProcFs.read(Path.of("/proc/self/mountinfo")).lines().filter(line -> line.contains(" - cgroup2 ")).findFirst()
        .map(line -> Path.of(line.split(" ")[4]));
    assumeTrue(mount.filter(Files::isWritable).isPresent(), "this machine lets no process make a control group");
    try (var files = Files.walk(temp)) {
      assertThat(files.filter(file -> file.endsWith("cgroup")).map(file -> Path.of(ProcFs.read(file)))).isNotEmpty()
          .allSatisfy(group -> assertThat(group).doesNotExist());
    }
  }

  @Test
  void leavesAnotherAttemptsProcessesAloneAndEndsWhatHidesBeside() throws Exception {
    var lines = run(List.of(), "free", "wait&", "escape", "doublefork");
    assertThat(lines).hasSize(3).allSatisfy(OrphansTest::isClean);
    assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("attempt 2 exit 0"));
  }

  @Test
  void reapsAsTheFirstProcessOfAContainer() throws Exception {
    var unshare = List.of("unshare", "-p", "-f", "--mount-proc");
    var possible = new ProcessBuilder(List.of("unshare", "-p", "-f", "--mount-proc", "true")).start().waitFor() == 0;
    assumeTrue(possible, "this machine lets no process make a namespace of its own");
    assertThat(run(unshare, "free", "fork", "escape", "leak", "doublefork", "fork", "leak")).hasSize(6).allSatisfy(OrphansTest::isClean);
  }

  private static void isClean(String line) {
    assertThat(line).contains("exit 0", "gone true", "left 0", "zombies 0");
  }

  /** The lines that a worker's process prints for these attempts. */
  private List<String> run(List<String> around, String group, String... modes) throws Exception {
    var command = new ArrayList<>(around);
    command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp",
        System.getProperty("java.class.path"), WorkerProcess.class.getName(),
        temp.toString(), group));
    command.addAll(List.of(modes));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      var lines = process.inputReader().readAllLines();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }
}
