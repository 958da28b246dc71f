package tests.worker.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.config.Codebase;
import lib.config.Settings;
import lib.core.Environment;
import lib.core.Problem;
import lib.worker.admission.Codebases;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P11: a server cannot make this machine work outside what its owner allows. */
class CodebasesTest {
  @TempDir
  Path temp;
  private Path home;

  @BeforeEach
  void folders() throws IOException {
    temp = temp.toRealPath();
    home = Files.createDirectories(temp.resolve("home"));
    Files.createDirectories(home.resolve("project/sub"));
    Files.createDirectories(home.resolve(".ssh"));
    Files.createDirectories(temp.resolve("srv/app"));
    Files.createDirectories(temp.resolve("srv/other"));
  }

  @Test
  void byDefaultConfiguredFoldersAndTheHomesVisibleFoldersAreAllowed() throws IOException {
    var codebases = codebases(Map.of(), new Codebase("app", temp.resolve("srv/app"), ""));
    assertThat(codebases.allowed(home.resolve("project"))).isTrue();
    assertThat(codebases.allowed(home.resolve("project/sub"))).isTrue();
    assertThat(codebases.allowed(temp.resolve("srv/app"))).isTrue();
    assertThat(codebases.allowed(home)).isFalse();
    assertThat(codebases.allowed(home.resolve(".ssh"))).isFalse();
    assertThat(codebases.allowed(temp.resolve("srv/other"))).isFalse();
    assertThat(codebases.allowed(Path.of("/"))).isFalse();
  }

  @Test
  void linksAndDotsDoNotGetRoundIt() throws IOException {
    var codebases = codebases(Map.of());
    Files.createSymbolicLink(home.resolve("link"), temp.resolve("srv/other"));
    Files.createSymbolicLink(home.resolve("hidden"), home.resolve(".ssh"));
    assertThat(codebases.allowed(home.resolve("link"))).isFalse();
    assertThat(codebases.allowed(home.resolve("hidden"))).isFalse();
    assertThat(codebases.allowed(home.resolve("project/../.ssh"))).isFalse();
    assertThat(codebases.allowed(home.resolve("project/../../srv/other"))).isFalse();
  }

  @Test
  void namedRootsReplaceTheDefault() throws IOException {
    var codebases = codebases(Map.of("A2A_CODEBASE_ROOTS", temp.resolve("srv") + ",/nonexistent"));
    assertThat(codebases.allowed(temp.resolve("srv/other"))).isTrue();
    assertThat(codebases.allowed(home.resolve("project"))).isFalse();
  }

  @Test
  void theRootOfTheFileSystemIsNeverARoot() {
    assertThatThrownBy(() -> codebases(Map.of("A2A_CODEBASE_ROOTS", "/"))).isInstanceOf(Problem.class).hasMessageContaining("/");
  }

  @Test
  void aNewIdOfAFolderReplacesTheOldOne() {
    var app = new Codebase("app", temp.resolve("srv/app"), "");
    var codebases = codebases(Map.of(), app);
    assertThat(codebases.registered(app, "old")).isTrue();
    assertThat(codebases.registered(app, "old")).isFalse();
    assertThat(codebases.registered(app, "new")).isTrue();
    assertThat(codebases.find("old")).isEmpty();
    assertThat(codebases.ids()).containsExactly("new", "global");
  }

  @Test
  void tasksWithoutACodebaseAreDoneInTheHomeFolderUnlessSwitchedOff() {
    assertThat(codebases(Map.of()).find("global")).map(Codebase::path).contains(home);
    var without = codebases(Map.of("A2A_GLOBAL_CODEBASE", "false"));
    assertThat(without.find("global")).isEmpty();
    assertThat(without.ids()).isEmpty();
    assertThat(without.toRegister()).isEmpty();
  }

  private Codebases codebases(Map<String, String> vars, Codebase... offered) {
    return new Codebases(Settings.resolve(Map.of(), null, new Environment(vars, temp, home, "host")), List.of(offered), List.of());
  }

  @Test
  void twoNamesOfOneFolderUnderOneIdAreNoChangeAgainAndAgain() {
    var folder = home.resolve("project");
    var one = new Codebase("one", folder, "");
    var two = new Codebase("two", folder, "");
    var codebases = codebases(Map.of(), one, two);
    assertThat(codebases.registered(one, "id1")).isTrue();
    assertThat(codebases.registered(two, "id1")).isFalse();
    assertThat(codebases.registered(one, "id1")).isFalse();
    assertThat(codebases.find("id1")).map(Codebase::path).contains(folder);
    assertThat(codebases.registered(one, "id2")).isTrue();
    assertThat(codebases.registered(two, "id2")).isFalse();
    assertThat(codebases.ids()).contains("id2").doesNotContain("id1");
  }

  @Test
  void whatAReloadDropsStaysDroppedThoughTheServersAnswerComesLater() {
    var app = new Codebase("app", temp.resolve("srv/app"), "");
    var codebases = codebases(Map.of(), app);
    codebases.offer(List.of(), null);
    assertThat(codebases.registered(app, "late")).isFalse();
    assertThat(codebases.find("late")).isEmpty();
    codebases.readmit(app); // a server has us register it
    assertThat(codebases.registered(app, "back")).isTrue();
    assertThat(codebases.find("back")).contains(app);
  }
}
