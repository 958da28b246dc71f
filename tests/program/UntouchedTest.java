package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The worker never touches a person's work in a codebase, committed or not; only the agent changes files. */
class UntouchedTest extends OnSite {
  @BeforeEach
  void open() throws Exception {
    site.openServer();
  }

  @Test
  void leavesBranchIndexStashRemotesAndUncommittedWorkUntouched() throws Exception {
    assumeTrue(hasGit(), "git is not installed");
    git("init", "-q", "-b", "mine");
    git("remote", "add", "origin", "https://git.example/mine.git");
    Files.writeString(code.resolve("committed.txt"), "one\n");
    git("add", ".");
    git("commit", "-q", "-m", "first");
    Files.writeString(code.resolve("committed.txt"), "stashed\n");
    git("stash");
    Files.writeString(code.resolve("staged.txt"), "two\n");
    git("add", "staged.txt");
    Files.writeString(code.resolve("committed.txt"), "uncommitted\n");
    Files.writeString(code.resolve("untracked.txt"), "three\n");
    var before = everything();
    var worker = site.workApart("-b", "code:" + code);
    assertThat(site.ended(site.create(code, "talk well")).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.ended(site.create(code, "crash 3")).status()).isEqualTo(TaskStatus.FAILED);
    var cancelled = site.create(code, "polite");
    site.awaitOutput(cancelled, "running");
    worker.signal("KILL");
    worker.exit();
    site.work("-b", "code:" + code);
    site.client().cancel(cancelled, "enough");
    assertThat(site.ended(cancelled).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(everything()).isEqualTo(before);
  }

  /** Each file of the folder with its content, the repository's own files included. */
  private TreeMap<String, String> everything() throws IOException {
    var all = new TreeMap<String, String>();
    try (var files = Files.walk(code)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        all.put(code.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all;
  }

  private static boolean hasGit() throws InterruptedException {
    try {
      return new ProcessBuilder("git", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void git(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("git", "-c", "user.name=a", "-c", "user.email=a@example", "-c", "init.defaultBranch=mine"));
    command.addAll(Arrays.asList(arguments));
    var git = new ProcessBuilder(command).directory(code.toFile()).redirectErrorStream(true);
    git.environment().put("HOME", home.toString());
    git.environment().put("GIT_CONFIG_NOSYSTEM", "1");
    var process = git.start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command + "\n" + said).isZero();
  }
}
