package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.*;

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

  private static void expect(Codebases codebases, boolean allowed, Path... folders) throws IOException {
    for (var folder : folders) {
      assertThat(codebases.allowed(folder)).as(folder.toString()).isEqualTo(allowed);
    }
  }

  @Test
  void allowsNamedFoldersAndTheHomesVisibleFoldersByDefault() throws IOException {
    var codebases = codebases(Map.of(), new Codebase("app", temp.resolve("srv/app"), ""));
    expect(codebases, true, home.resolve("project"), home.resolve("project/sub"), temp.resolve("srv/app"));
    expect(codebases, false, home, home.resolve(".ssh"), temp.resolve("srv/other"), Path.of("/"));
  }

  @Test
  void resolvesLinksAndDotsBeforeItAllows() throws IOException {
    var codebases = codebases(Map.of());
    Files.createSymbolicLink(home.resolve("link"), temp.resolve("srv/other"));
    Files.createSymbolicLink(home.resolve("hidden"), home.resolve(".ssh"));
    expect(codebases, false, home.resolve("link"), home.resolve("hidden"),
        home.resolve("project/../.ssh"), home.resolve("project/../../srv/other"));
  }

  @Test
  void takesNamedRootsInPlaceOfTheDefault() throws IOException {
    var codebases = codebases(Map.of("A2A_CODEBASE_ROOTS", temp.resolve("srv") + ",/nonexistent"));
    expect(codebases, true, temp.resolve("srv/other"));
    expect(codebases, false, home.resolve("project"));
  }

  @Test
  void refusesTheRootOfTheFileSystemAsARoot() {
    assertThatThrownBy(() -> codebases(Map.of("A2A_CODEBASE_ROOTS", "/"))).isInstanceOf(Problem.class).hasMessageContaining("/");
  }

  @Test
  void replacesTheOldIdOfAFolderByTheNewOne() throws Exception {
    var app = new Codebase("app", temp.resolve("srv/app"), "");
    var codebases = codebases(Map.of(), app);
    assertThat(codebases.registered(app, "old")).isTrue();
    assertThat(codebases.registered(app, "old")).isFalse();
    assertThat(codebases.registered(app, "new")).isTrue();
    assertThat(codebases.find("old")).isEmpty();
    assertThat(codebases.ids()).containsExactly("new", "global");
  }

  @Test
  void offersTheHomeFolderForTasksWithoutACodebaseUnlessSwitchedOff() {
    assertThat(codebases(Map.of()).find("global")).map(Codebase::path).contains(home);
    var without = codebases(Map.of("A2A_GLOBAL_CODEBASE", "false"));
    assertThat(without.find("global")).isEmpty();
    assertThat(without.ids()).isEmpty();
    assertThat(without.toRegister()).isEmpty();
  }

  private Codebases codebases(Map<String, String> vars, Codebase... offered) {
    return new Codebases(Settings.resolve(Map.of(), null, new Environment(vars, temp, home, "host")), List.of(offered));
  }

  @Test
  void countsTwoNamesOfOneFolderUnderOneIdAsNoChange() throws Exception {
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
  void keepsACodebaseDroppedWhenTheServersAnswerComesAfterTheReload() throws Exception {
    var app = new Codebase("app", temp.resolve("srv/app"), "");
    var codebases = codebases(Map.of(), app);
    codebases.offer(List.of(), null);
    assertThat(codebases.registered(app, "late")).isFalse();
    assertThat(codebases.find("late")).isEmpty();
    codebases.add(app); // a server has this worker register it
    assertThat(codebases.registered(app, "back")).isTrue();
    assertThat(codebases.find("back")).contains(app);
  }

  @Test
  void givesTheResolvedFolderAndSeesThatALinkLeadsElsewhere() throws Exception {
    var target = Files.createDirectories(home.resolve("target"));
    var link = Files.createSymbolicLink(home.resolve("named"), target);
    var codebases = codebases(Map.of());
    var added = new Codebase("added", link, "");
    codebases.add(added);
    codebases.registered(added, "id");
    assertThat(codebases.current().get("id").directory()).isEqualTo(target);
    assertThat(codebases.current().get("id").disallowed()).isNull();
    Files.delete(link);
    Files.createSymbolicLink(link, temp.resolve("srv/other"));
    codebases.refresh("id");
    assertThat(codebases.current().get("id").directory()).isEqualTo(temp.resolve("srv/other"));
    assertThat(codebases.current().get("id").disallowed()).contains("codebase_roots");
    assertThat(codebases.problem(added)).get().asString().contains("codebase_roots");
  }

  @Test
  void offersAFolderThatIsNotThereUnderItsName() throws Exception {
    var gone = new Codebase("gone", home.resolve("gone"), "");
    var codebases = codebases(Map.of(), gone);
    assertThat(codebases.problem(gone)).contains(home.resolve("gone") + " is not a folder here");
    codebases.registered(gone, "id");
    assertThat(codebases.current().get("id").directory()).isEqualTo(home.resolve("gone"));
  }

  @Test
  void readsWithoutWaitingWhileAFolderHangsAndLooksAtTheOthers() throws Exception {
    var hangs = new CountDownLatch(1);
    var looked = new CountDownLatch(1);
    var stuck = new Codebase("stuck", home.resolve("stuck"), "");
    var fine = new Codebase("fine", home.resolve("project"), "");
    var codebases = new Codebases(Settings.resolve(Map.of(), null, new Environment(Map.of(), temp, home, "host")), List.of(stuck, fine), path -> {
      if (path.equals(stuck.path())) {
        looked.countDown();
        Uninterruptibly.await(hangs);
      }
      return path.toRealPath();
    });
    var registering = Thread.ofVirtual().start(() -> {
      try {
        codebases.registered(stuck, "stuck");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    looked.await();
    assertThat(codebases.current()).containsOnlyKeys("global");
    codebases.registered(fine, "fine");
    assertThat(codebases.find("fine")).contains(fine);
    registering.join(); // its look is given up
    assertThat(codebases.current().get("stuck").unreadable()).contains("does not answer");
    hangs.countDown();
  }

  /** A wait that an interrupt does not end, as a read in the system. */
  private static final class Uninterruptibly {
    private static void await(CountDownLatch latch) {
      while (true) {
        try {
          latch.await();
          return;
        } catch (InterruptedException e) {
          continue;
        }
      }
    }
  }
}
