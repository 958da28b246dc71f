package tests.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.Problem;
import lib.agent.AgentCli;
import lib.agent.AgentEnv;
import lib.config.Env;
import lib.config.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which agent runs is said and never guessed, and it never gets our own secrets. */
class AgentCliTest {
  @TempDir
  Path temp;

  @Test
  void aNamedProgramIsTakenByPathOrByName() throws IOException {
    var program = program("elsewhere/my-agent");
    assertThat(AgentCli.find(settings(program.toString(), ""))).map(AgentCli::path).contains(program);
    assertThat(AgentCli.find(settings("my-agent", program.getParent().toString()))).map(AgentCli::path).contains(program);
    assertThat(AgentCli.find(settings("~/../elsewhere/my-agent", ""))).map(AgentCli::path).contains(program);
  }

  @Test
  void aNamedProgramThatIsNotThereIsAProblemAndNoOtherIsTakenInstead() throws IOException {
    program("bin/agent");
    var settings = settings("/nonexistent/agent", temp.resolve("bin").toString());
    assertThat(AgentCli.find(settings)).isEmpty();
    assertThatThrownBy(() -> AgentCli.require(settings)).isInstanceOf(Problem.class).hasMessageContaining("/nonexistent/agent");
  }

  @Test
  void agentComesBeforeOpencodeAndThePathBeforeTheHome() throws IOException {
    var opencode = program("bin/opencode");
    var home = program("home/.local/bin/agent");
    assertThat(AgentCli.find(settings(null, "/nonexistent"))).map(AgentCli::path).contains(home);
    assertThat(AgentCli.find(settings(null, temp.resolve("bin").toString()))).map(AgentCli::path).contains(opencode);
    var agent = program("bin/agent");
    assertThat(AgentCli.find(settings(null, temp.resolve("bin").toString()))).map(AgentCli::path).contains(agent);
  }

  @Test
  void aRelativePathEntryIsNotSearched() throws IOException {
    program("agent");
    assertThat(AgentCli.find(settings(null, ".:bin"))).isEmpty();
  }

  @Test
  void withoutOneTheMessageSaysWhatWasLookedForAndHowToGetOne() {
    assertThatThrownBy(() -> AgentCli.require(settings(null, "/nonexistent"))).isInstanceOfSatisfying(Problem.class, p -> {
      assertThat(p.why()).contains("agent", "opencode", ".local/bin");
      assertThat(p.fix()).contains("npm install", "--agent-type echo");
    });
  }

  @Test
  void theAgentInheritsWhatItNeedsAndNeverOurSecrets() {
    var vars = Map.of("PATH", "/bin", "ANTHROPIC_API_KEY", "k", "LC_ALL", "C", "A2A_AUTH_TOKEN", "t", "SENDGRID_API_KEY", "s",
        "VAULT_TOKEN", "v", "MY_TOOL", "m", "OTHER", "o");
    assertThat(AgentEnv.of(vars, List.of("MY_*", "A2A_*", "SENDGRID_API_KEY"), List.of(), Path.of("/w"))).containsOnlyKeys("PATH",
        "ANTHROPIC_API_KEY", "LC_ALL", "MY_TOOL", "NO_COLOR", "PWD").containsEntry("NO_COLOR", "1").containsEntry("PWD", "/w");
  }

  @Test
  void theAgentsOwnVariablesReachItButForThoseThatSpeakForAWorker() {
    var vars = Map.of("CLAUDE_CONFIG_DIR", "/c", "CODEX_HOME", "/x", "CODETETHER_DATA_DIR", "/t", "CODETETHER_TOKEN", "t",
        "CODETETHER_AUTH_TOKEN", "t", "CODETETHER_WORKER_ID", "w");
    assertThat(AgentEnv.of(vars, List.of("CODETETHER_*"), List.of(), Path.of("/w"))).containsOnlyKeys("CLAUDE_CONFIG_DIR", "CODEX_HOME",
        "CODETETHER_DATA_DIR", "NO_COLOR", "PWD");
  }

  private Settings settings(String agentBin, String path) {
    var vars = new HashMap<>(Map.of("PATH", path));
    if (agentBin != null) {
      vars.put("A2A_AGENT_BIN", agentBin);
    }
    return Settings.resolve(Map.of(), null, new Env(vars, temp, temp.resolve("home"), "host"));
  }

  private Path program(String name) throws IOException {
    var file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }
}
