package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A secret that an agent prints reaches neither the server nor the log, and people see its name. */
class SecretsTest extends OnSite {
  private static final String SECRET = "hunter2hunter2";


  @BeforeEach
  void open() throws Exception {
    site.openServer();
  }

  @Test
  void masksAPrintedVariableInOutputResultErrorAndLog() throws Exception {
    var worker = site.work(Map.of("OPENAI_API_KEY", SECRET), "-b", "code:" + code, "--log-level", "debug");
    var task = site.ended(site.create(code, "secret OPENAI_API_KEY"));
    var output = site.output(task.id());
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(output).contains("plain: [OPENAI_API_KEY]\n", "said: [OPENAI_API_KEY]\n", "[stderr] plain: [OPENAI_API_KEY]\n",
        "[error] refused: [OPENAI_API_KEY]",
        "— masked: OPENAI_API_KEY 7\n");
    assertThat(task.result()).contains("said: [OPENAI_API_KEY]");
    assertThat(task.error()).contains("refused: [OPENAI_API_KEY]", "plain: [OPENAI_API_KEY]");
    worker.awaitErr("output masked directory=.*" + task.id() + ".*: OPENAI_API_KEY 7");
    assertHidden(output + task.raw() + worker.err() + worker.out());
  }

  @Test
  void masksAgentLoginsAndTheWorkersToken() throws Exception {
    var login = Files.createDirectories(home.resolve(".local/share/opencode")).resolve("auth.json");
    Files.writeString(login, "{\"anthropic\": {\"type\": \"api\", \"key\": \"" + SECRET + "\"}}");
    var worker = site.work(Map.of("A2A_AUTH_TOKEN", "worker-token-1"), "-b", "code:" + code);
    var task = site.ended(site.create(code, "file " + login));
    assertThat(site.output(task.id())).contains("\"key\": \"[auth.json]\"");
    var echo = site.ended(site.create(null, "it is worker-token-1 and " + SECRET, "echo"));
    assertThat(echo.result()).isEqualTo("it is [server token] and [auth.json]");
    assertHidden(site.output(task.id()) + task.raw().path("error") + echo.raw().path("result") + worker.err());
  }

  @Test
  void masksAPauseReasonBeforeSendingIt() throws Exception {
    site.work(Map.of("OPENAI_API_KEY", SECRET, Program.TIMES_FASTER, "10"), "-b", "code:" + code);
    var pause = site.start("ctl", "pause", "--name", "w", "--reason", "the key " + SECRET + " is spent");
    assertThat(pause.exit()).as(pause.toString()).isZero();
    Program.await("the hold at the server", () -> holds().contains("is spent"));
    assertHidden(holds());
  }

  private String holds() throws Exception {
    return site.client().workers().getFirst().path("holds").toString();
  }

  @Test
  void masksAnUnknownPrivateKey() throws Exception {
    var key = home.resolve("id_rsa");
    Files.writeString(key, "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n".repeat(30) + "AAAE=\n"
        + "-----END OPENSSH PRIVATE KEY-----\n");
    site.work("-b", "code:" + code);
    var task = site.ended(site.create(code, "file " + key));
    assertThat(site.output(task.id())).contains("BEGIN OPENSSH", "[private key]", "— masked: private key")
        .doesNotContain("b3Blb", "AAAE");
    assertThat(task.error()).contains("exit code 3", "BEGIN OPENSSH").doesNotContain("b3Blb", "AAAE");
  }

  @Test
  void masksASecretInAServersAnswerBeforeLogging() throws Exception {
    try (var server = FakeServer.start(Version.HEAD)) {
      server.on("POST", "/v1/agent/workers/register").answer(400, "worker-token-1 is no token of ours");
      site.at(server.url());
      var worker = site.start(Map.of("A2A_AUTH_TOKEN", "worker-token-1"), "run", "--server", server.url().toString(),
          "--name", "w", "--agent-bin", Site.agent());
      worker.awaitErr("is no token of ours");
      assertHidden(worker.err());
    }
  }

  private static void assertHidden(String text) {
    assertThat(text).doesNotContain("hunter2", "worker-token", Base64.getEncoder().encodeToString(SECRET.getBytes()));
  }
}
