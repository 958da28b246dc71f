package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.ClaudeCode;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import tests.Heavy;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Say;
import tests.real.ModelServer.Stop;

/** Claude Code {@value VERSION}. */
@Heavy
final class RealClaudeCodeTest extends RealAgent {
  private static final String VERSION = "2.1.197";

  RealClaudeCodeTest() {
    super(new ClaudeCode(), new MessagesDialect());
  }

  /** Root is refused the flag that approves all, so that its settings approve commands. */
  @Override
  Path install(Path home, String modelUrl) throws IOException, InterruptedException {
    var name = "claude-code-linux-" + NpmProgram.ARCH;
    var binary = NpmProgram.binary(name + "-" + VERSION, "@anthropic-ai/" + name + "@" + VERSION, "claude");
    var settings = Json.object();
    var permissions = settings.putObject("permissions");
    permissions.putArray("allow").add("Bash");
    permissions.putArray("deny").add("Bash(curl:*)");
    Files.writeString(Files.createDirectories(home.resolve(".claude")).resolve("settings.json"), Json.write(settings));
    return NpmProgram.wrapper(home.getParent(), binary, Map.of("HOME", home.toString(), "CLAUDE_CONFIG_DIR", home + "/.claude",
        "ANTHROPIC_BASE_URL", modelUrl, "ANTHROPIC_API_KEY", "not-a-key", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1",
        "DISABLE_AUTOUPDATER", "1"));
  }

  @Override
  Map<String, String> variables(Path home) {
    return Map.of("CLAUDE_CONFIG_DIR", home + "/.claude");
  }

  @Override
  Call shell(String command) {
    return new Call("Bash", Json.object().put("command", command).put("description", "a command"));
  }

  @Override
  Call write(Path file, String text) {
    return new Call("Write", Json.object().put("file_path", file.toString()).put("content", text));
  }

  @Override
  String written(Path file) {
    return "[Write] " + file + "\n";
  }

  @Override
  String goneSession() {
    return "11111111-1111-4111-8111-111111111111";
  }

  @Test
  void aRefusedToolCallThatWasItsLastNeedsApproval() throws Exception {
    script("Fetch it", shell("curl http://127.0.0.1:9/x"), new Say("I could not."));
    var task = done("Fetch it");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("refused or needs approval: Bash curl http://127.0.0.1:9/x (",
        "agent_approval says what it may do unasked");
    script("Fetch it otherwise", shell("curl http://127.0.0.1:9/x"), shell("cat nothing"), new Say("There is none."));
    assertThat(done("Fetch it otherwise").status()).as("a refusal that it got over").isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void itHasNoListOfModelsAndTheCommandSaysSo() throws Exception {
    var models = site.start("models", "--agent-bin", site.home().resolve("agent").toString());
    assertThat(models.exit()).isEqualTo(1);
    assertThat(models.err()).contains("has no list of models", "kind claude has no command that lists them");
  }

  @Test
  void anAnswerThatEndsEarlyIsNoSuccess() throws Exception {
    script("Work, then begin to talk", shell("cat hello.txt"), new Stop("half an ans"));
    var task = done("Work, then begin to talk");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("its provider's answer was cut off");
    assertThat(task.result()).isEqualTo("half an ans");
  }
}
