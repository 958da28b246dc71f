package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SQLite's library is copied once, into a folder of the user's; what forbids that is named. */
class NativeLibraryTest extends OnSite {
  private static final String[] ECHO = {"run", "--local", "--port", "0", "--task", "hello", "--agent-type", "echo"};
  private static final String NOWHERE = "/proc/none";

  private static Map<String, String> variables(String temporary, String cache) {
    return Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary, "XDG_CACHE_HOME", cache);
  }

  @Test
  void startsWithoutAFolderForTemporaryFiles() throws Exception {
    var cache = home.resolve("cache");
    var run = site.process(variables(NOWHERE, cache.toString()), ECHO);
    assertThat(run.exit()).as(run.toString()).isZero();
    try (var files = Files.walk(cache)) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NOWHERE, "damaged"})
  void startsWithoutAUsableCacheFolder(String cache) throws Exception {
    var temporary = Files.createDirectory(home.resolve("temporary"));
    if (!cache.equals(NOWHERE)) {
      cache = home.resolve(cache).toString();
      site.process(variables(temporary.toString(), cache), ECHO).exit();
      try (var files = Files.walk(home.resolve(cache))) {
        Files.writeString(files.filter(Files::isRegularFile).findFirst().orElseThrow(), "no library");
      }
    }
    var run = site.process(variables(temporary.toString(), cache), ECHO);
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void leavesNothingInTheFolderForTemporaryFilesWhenKilled() throws Exception {
    var temporary = Files.createDirectory(home.resolve("temporary"));
    for (var cache : new String[] {home.resolve("cache").toString(), NOWHERE}) {
      var worker = site.process(variables(temporary.toString(), cache), "run", "--local", "--port", "0", "--agent-bin", Site.agent());
      worker.awaitErr("stream open");
      worker.signal("KILL");
      worker.exit();
      try (var files = Files.list(temporary)) {
        assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.contains("sqlite"));
      }
    }
  }

  @Test
  void namesTheCauseWhenNoFolderCanBeUsed() throws Exception {
    var run = site.process(variables(NOWHERE, NOWHERE), ECHO);
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("problem: SQLite's native library cannot be loaded", "why: ", NOWHERE, "fix: set XDG_CACHE_HOME").doesNotContain("\tat ");
  }
}
