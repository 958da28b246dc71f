package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskStatus;
import lib.server.http.Tokens;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer;

/** One command runs one task from its creation to its reported result, and exits with the outcome. */
class RunLocalTest extends OnSite {
  @Test
  void runsATaskWithoutAnyAgent() throws Exception {
    var run = site.process("run", "--local", "--port", "0", "--task", "hello, loop", "--agent-type", "echo");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("hello, loop\n");
    assertThat(run.err()).as("warnings about parts that it does not need").doesNotContain("WARN", "agent");
  }

  @Test
  void printsAgentOutputToStdoutAndTheRestToStderr() throws Exception {
    var run = local("count 3");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("line 1\nline 2\nline 3\n");
    assertThat(run.err()).contains("CodeTether server on http://127.0.0.1:", "completed after");
  }

  @Test
  void runsTheAgentInTheCurrentFolder() throws Exception {
    var run = local("where");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out().strip()).isEqualTo(site.folder("here").toString());
  }

  @Test
  void runsAnyProgramWithTheUsersArguments() throws Exception {
    var program = site.home().resolve("any agent");
    Files.writeString(program, "#!/bin/sh\nprintf '<%s>' \"$@\"\ncat\necho\necho '{\"type\":\"error\",\"error\":\"only text\"}'\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    var run = site.start("run", "--local", "--port", "0", "--agent-bin", program.toString(), "--agent-kind", "command", "--agent-args",
        "[\"--note\", \"a, b\", \"--model\", \"{model}\", \"--as\", \"{agent}\"]", "--task", "hello, any");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("<--note><a, b><--as><build>hello, any\n{\"type\":\"error\",\"error\":\"only text\"}\n");
  }

  @Test
  void exitsWith1AndOneSentenceWhenTheTaskFails() throws Exception {
    var run = local("error the model is on fire");
    assertThat(run.exit()).as(run.toString()).isEqualTo(1);
    assertThat(run.err()).contains("task failed: the model is on fire").doesNotContain("\tat ");
  }

  @Test
  void exitsWith130AndLeavesNoAgentWhenInterrupted() throws Exception {
    var run = site.process("run", "--local", "--port", "0", "--agent-bin", Site.agent(), "--task", "polite");
    run.awaitOut("running");
    run.signal("INT");
    assertThat(run.exit()).as(run.toString()).isEqualTo(130);
    site.awaitNoAgents();
  }

  @Test
  void explainsHowToGetAnAgentWhenThereIsNone() throws Exception {
    var run = site.start(Map.of("PATH", "/usr/bin:/bin"), "run", "--local", "--port", "0", "--task", "x");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("no agent CLI was found", "agent, opencode", ".local/bin", "npm install", "--agent-type echo");
  }

  @Test
  void exitsWith1WhenTheProgramIsNoKnownAgent() throws Exception {
    var run = site.start("run", "--local", "--port", "0", "--task", "x", "--agent-bin", "/bin/cat");
    assertThat(run.exit()).as(run.toString()).isEqualTo(1);
    assertThat(run.err()).contains("what kind of agent CLI /bin/cat is cannot be found out", "agent_kind");
  }

  @Test
  void exitsWith130WhenInterruptedBeforeTheTaskIsTaken() throws Exception {
    var run = site.start(Map.of("A2A_MIN_FREE_DISK", "1024GiB"), "run", "--local", "--port", "0", "--log-level", "info", "--task",
        "talk", "--agent-bin", Site.agent());
    run.awaitErr("no task is taken: disk");
    run.awaitErr("task created id=");
    run.signal("INT");
    assertThat(run.exit()).as(run.toString()).isEqualTo(130);
    assertThat(run.err()).contains("task cancelled").doesNotContain("is not cancelled");
  }

  @Test
  void namesBothWaysWhenNoServerIsGiven() throws Exception {
    var run = site.start("run");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("--server", "--local");
  }

  @Test
  void rejectsTaskWithoutLocal() throws Exception {
    var run = site.start("run", "--server", "http://127.0.0.1:9", "--task", "x");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--task goes with --local");
  }

  @Test
  void runsWhenOnlyOptionsAreGiven() throws Exception {
    var run = site.start("--local", "--port", "0", "--task", "x", "--agent-type", "noop");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("ok\n");
  }

  @Test
  void readsATaskFromStandardInput() throws Exception {
    var run = site.start("run", "--local", "--port", "0", "--task", "-", "--agent-type", "echo");
    run.input("from elsewhere\n");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("from elsewhere\n");
  }

  @Test
  void reportsAMissingFolderOnceBeforeTheStart() throws Exception {
    var run = site.start("run", "--local", "--port", "0", "--task", "x", "--agent-type", "echo", "-b", "gone:" + home.resolve("gone"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).startsWith("problem: the task cannot be done\n    why: " + home.resolve("gone") + " is not a folder here\n").hasLineCount(3);
  }

  @Test
  void endsTheTaskWhenTheOutputCannotBeWritten() throws Exception {
    var command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh"));
    command.addAll(Program.java("worker"));
    command.addAll(List.of("run", "--local", "--port", "0", "--agent-bin", Site.agent(), "--task", "polite"));
    var run = new ProcessBuilder(command).directory(site.folder("here").toFile());
    run.environment().putAll(Program.environment(home, Map.of()));
    var process = run.start();
    var said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(1);
    assertThat(said).contains("problem: the output could not be written");
    site.awaitNoAgents();
  }

  @Test
  void rejectsATestMail() throws Exception {
    var run = site.start("run", "--test-email", "--server", "http://127.0.0.1:9");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("no mail yet");
  }

  @Test
  void runsATaskWithTokens() throws Exception {
    var run = site.start(Map.of("A2A_AUTH_TOKENS", "me:a-token-of-ours"), "run", "--local", "--port", "0",
        "--task", "hi", "--agent-type", "echo");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.out()).isEqualTo("hi\n");
  }

  @Test
  void exitsWhenIdle() throws Exception {
    var run = site.start("run", "--local", "--port", "0", "--exit-when-idle", "0.2", "--agent-bin", Site.agent());
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.err()).contains("unregistered");
  }

  @Test
  void exitsWith1WhenIdleWithoutARegistration() throws Exception {
    site.openServer(site.folder("data"), Tokens.parse("right"));
    var ours = site.start(Map.of("A2A_AUTH_TOKEN", "wrong"), "run", "--server", site.url().toString(), "--exit-when-idle", "0.2",
        "--agent-bin", Site.agent());
    assertThat(ours.exit()).as(ours.toString()).isEqualTo(1);
    assertThat(ours.err()).contains("problem: the server took no registration", "auth_token_file to a token that this server knows");
    try (var server = FakeServer.start(FakeServer.Version.V16)) {
      server.token("right");
      var run = site.start(Map.of("A2A_AUTH_TOKEN", "wrong"), "run", "--server", server.url().toString(), "--exit-when-idle", "0.2",
          "--agent-bin", Site.agent());
      assertThat(run.exit()).as(run.toString()).isEqualTo(1);
      assertThat(run.err()).contains("refused the token", "auth_token_file to a token that this server knows");
    }
  }

  @Test
  void exitsWithTryLaterWhenIdleAndTheServerIsDown() throws Exception {
    var run = site.start("run", "--server", "http://127.0.0.1:9", "--exit-when-idle", "0.2", "--agent-bin", Site.agent());
    assertThat(run.exit()).as(run.toString()).isEqualTo(75);
    assertThat(run.err()).contains("problem: the server http://127.0.0.1:9 cannot be reached");
  }

  @Test
  void exitsWith130WhenASecondSignalComesBeforeTheServerAnswers() throws Exception {
    try (var server = FakeServer.start(FakeServer.Version.V16)) {
      server.on("*", "*").hang();
      var run = site.start("run", "--server", server.url().toString(), "--agent-bin", Site.agent());
      Program.await("the first request", () -> !server.requests().isEmpty());
      run.signal("TERM");
      run.signal("INT");
      assertThat(run.exit()).as(run.toString()).isEqualTo(130);
      assertThat(run.err()).doesNotContain("bug", "Exception");
    }
  }

  @Test
  void onceExitsAfterOneTask() throws Exception {
    site.openServer();
    var folder = site.folder("a");
    var run = site.work("-b", "a:" + folder, "--once");
    var first = site.create(folder, "talk one");
    assertThat(site.ended(first).result()).isEqualTo("one");
    assertThat(run.exit()).as(run.toString()).isZero();
  }

  @Test
  void onceTakesTheOldestTask() throws Exception {
    site.openServer();
    var first = site.create(null, "one", "noop");
    var second = site.create(null, "two", "noop");
    var run = site.work("--once", "--max-concurrent-tasks", "4");
    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(site.client().task(first).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.client().task(second).status()).isEqualTo(TaskStatus.PENDING);
    assertThat(run.err()).doesNotContain("all slots are taken");
  }

  @Test
  void commandsFindAndNameTheLocalServer() throws Exception {
    var worker = site.start("run", "--local", "--port", "0", "--agent-bin", Site.agent());
    worker.awaitErr("stream open");
    var tasks = site.start("tasks", "list", "--json");
    assertThat(tasks.exit()).as(tasks.toString()).isZero();
    assertThat(tasks.out().strip()).isEqualTo("[ ]");
    assertThat(tasks.err()).contains("using the local server http://127.0.0.1:");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    var after = site.start("tasks", "list");
    assertThat(after.exit()).isEqualTo(1);
    assertThat(after.err()).contains("no server is named", "--local");
  }

  @Test
  void rejectsASecondWorkerInOneStateDir() throws Exception {
    var first = site.start("run", "--local", "--port", "0", "--name", "w", "--agent-bin", Site.agent());
    first.awaitErr("stream open");
    var second = site.process("run", "--local", "--port", "0", "--name", "w", "--data", home.resolve("other").toString());
    assertThat(second.exit()).isEqualTo(75);
    assertThat(second.err()).contains("a worker already runs in", "tasks create --follow", "--name OTHER").doesNotContain("\tat ");
  }

  @Test
  void writesAgentFilesForTheOwnerOnly() throws Exception {
    assertThat(local("talk x").exit()).isZero();
    try (var files = Files.walk(home.resolve(".local"))) {
      assertThat(files.filter(Files::isDirectory).filter(f -> f.getFileName().toString().equals("tasks")).toList()).isNotEmpty()
          .allSatisfy(f -> assertThat(Files.getPosixFilePermissions(f)).hasSize(3));
    }
  }

  private Program local(String prompt) throws Exception {
    return site.start("run", "--local", "--port", "0", "--agent-bin", Site.agent(), "--task", prompt);
  }
}
