package tests.agent;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.agent.AgentEnvironment;
import lib.agent.AgentProgram;
import lib.config.Settings;
import lib.core.Environment;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which agent runs is said and never guessed, and it never gets our own secrets. */
class AgentProgramTest {
  @TempDir
  Path temp;

  @Test
  void aNamedProgramIsTakenByPathOrByName() throws IOException {
    var program = program("elsewhere/my-agent");
    assertThat(AgentProgram.find(settings(program.toString(), ""))).map(AgentProgram::path).contains(program);
    assertThat(AgentProgram.find(settings("my-agent", program.getParent().toString()))).map(AgentProgram::path).contains(program);
    assertThat(AgentProgram.find(settings("~/../elsewhere/my-agent", ""))).map(AgentProgram::path).contains(program);
  }

  @Test
  void aNamedProgramThatIsNotThereIsAProblemAndNoOtherIsTakenInstead() throws IOException {
    program("bin/agent");
    var settings = settings("/nonexistent/agent", temp.resolve("bin").toString());
    assertThat(AgentProgram.find(settings)).isEmpty();
    assertThatThrownBy(() -> AgentProgram.require(settings)).isInstanceOf(Problem.class).hasMessageContaining("/nonexistent/agent");
  }

  @Test
  void agentComesBeforeOpencodeAndThePathBeforeTheHome() throws IOException {
    var opencode = program("bin/opencode");
    var home = program("home/.local/bin/agent");
    assertThat(AgentProgram.find(settings(null, "/nonexistent"))).map(AgentProgram::path).contains(home);
    assertThat(AgentProgram.find(settings(null, temp.resolve("bin").toString()))).map(AgentProgram::path).contains(opencode);
    var agent = program("bin/agent");
    assertThat(AgentProgram.find(settings(null, temp.resolve("bin").toString()))).map(AgentProgram::path).contains(agent);
  }

  @Test
  void theFoldersOfInstallersAreSearched() throws IOException {
    for (var folder : List.of(".nvm/versions/node/v9.11.2/bin", ".nvm/versions/node/v22.3.0/bin", ".volta/bin", ".bun/bin", ".claude/local", ".opencode/bin")) {
      var program = program("home/" + folder + "/claude");
      assertThat(AgentProgram.find(settings(null, "/nonexistent"))).map(AgentProgram::path).contains(program);
    }
  }

  @Test
  void anInterpreterThatLiesBesideTheProgramIsFound() throws IOException {
    var node = program("home/.nvm/versions/node/v22.3.0/bin/node");
    var script = Files.writeString(program("home/.nvm/versions/node/v22.3.0/lib/cli.js"), "#!/usr/bin/env node\n");
    Files.createSymbolicLink(node.resolveSibling("claude"), Path.of("../lib/cli.js"));
    Files.createSymbolicLink(Files.createDirectories(temp.resolve("home/bin")).resolve("claude"), node.resolveSibling("claude"));
    var settings = settings(null, "/nonexistent");
    assertThat(AgentProgram.require(settings).path()).isEqualTo(temp.resolve("home/bin/claude"));
    assertThat(AgentEnvironment.of(settings, temp)).containsEntry("PATH", node.getParent() + ":/nonexistent");
    Files.delete(node);
    assertThat(AgentProgram.absence(settings).why()).contains("needs node, which is not there: neither on the PATH nor beside it");
    Files.writeString(script, "#!/nonexistent/node\n");
    assertThatThrownBy(() -> AgentProgram.require(settings))
        .isInstanceOfSatisfying(Problem.class, problem -> assertThat(problem.why()).contains("needs /nonexistent/node"));
    assertThat(AgentEnvironment.of(settings, temp)).containsEntry("PATH", "/nonexistent");
  }

  @Test
  void aRelativePathEntryIsNotSearched() throws IOException {
    program("agent");
    assertThat(AgentProgram.find(settings(null, ".:bin"))).isEmpty();
  }

  @Test
  void withoutOneTheMessageSaysWhatWasLookedForAndHowToGetOne() {
    assertThatThrownBy(() -> AgentProgram.require(settings(null, "/nonexistent"))).isInstanceOfSatisfying(Problem.class, p -> {
      assertThat(p.why()).contains("agent", "opencode", ".local/bin");
      assertThat(p.fix()).contains("npm install", "--agent-type echo");
    });
  }

  @Test
  void theAgentInheritsWhatItNeedsAndNeverOurSecrets() {
    var vars = Map.of("PATH", "/bin", "ANTHROPIC_API_KEY", "k", "LC_ALL", "C", "A2A_AUTH_TOKEN", "t", "SENDGRID_API_KEY", "s",
        "VAULT_TOKEN", "v", "MY_TOOL", "m", "OTHER", "o");
    assertThat(AgentEnvironment.of(vars, List.of("MY_*", "A2A_*", "SENDGRID_API_KEY"), List.of(), Path.of("/w"))).containsOnlyKeys("PATH",
        "ANTHROPIC_API_KEY", "LC_ALL", "MY_TOOL", "NO_COLOR", "PWD").containsEntry("NO_COLOR", "1").containsEntry("PWD", "/w");
  }

  @Test
  void whatAgentsAndProvidersDocumentReachesTheAgent() {
    for (var name : List.of("CLOUD_ML_REGION", "VERTEX_REGION_CLAUDE_X", "IS_SANDBOX", "BASH_DEFAULT_TIMEOUT_MS", "DISABLE_TELEMETRY", "OTEL_EXPORTER_OTLP_ENDPOINT",
        "CEREBRAS_API_KEY", "DASHSCOPE_API_KEY", "FIREWORKS_API_KEY", "ZHIPU_API_KEY", "HF_TOKEN", "DATABRICKS_HOST", "DOCKER_HOST", "KUBECONFIG",
        "OPENCODE_CONFIG_CONTENT", "CLAUDE_CODE_USE_VERTEX", "CODEX_HOME", "QWEN_HOME", "COPILOT_PROVIDER_BASE_URL", "GIT_AUTHOR_NAME", "NODE_OPTIONS")) {
      assertThat(inherited(name, List.of())).as(name).contains(name);
    }
    for (var name : List.of("STRIPE_API_KEY", "DATABASE_URL", "JENKINS_URL")) {
      assertThat(inherited(name, List.of())).as(name).doesNotContain(name);
    }
  }

  @Test
  void whatTiesAProcessToItsStarterNeverReachesTheAgent() {
    for (var name : List.of("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_PUSH_OPTION_COUNT", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID",
        "TMUX", "STY", "ZELLIJ", "ZELLIJ_SESSION_NAME", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ID", "OPENCODE", "OPENCODE_PID",
        "CODEX_SANDBOX", "GEMINI_CLI", "NOTIFY_SOCKET")) {
      assertThat(inherited(name, List.of(name))).as(name).doesNotContain(name);
    }
  }

  private static Set<String> inherited(String name, List<String> more) {
    return AgentEnvironment.of(Map.of(name, "x"), more, List.of(), Path.of("/w")).keySet();
  }

  @Test
  void theAgentsOwnVariablesReachItButForThoseThatSpeakForAWorker() {
    var vars = Map.of("CLAUDE_CONFIG_DIR", "/c", "CODEX_HOME", "/x", "CODETETHER_DATA_DIR", "/t", "CODETETHER_TOKEN", "t",
        "CODETETHER_AUTH_TOKEN", "t", "CODETETHER_WORKER_ID", "w");
    assertThat(AgentEnvironment.of(vars, List.of("CODETETHER_*"), List.of(), Path.of("/w"))).containsOnlyKeys("CLAUDE_CONFIG_DIR", "CODEX_HOME",
        "CODETETHER_DATA_DIR", "NO_COLOR", "PWD");
  }

  private Settings settings(String agentBin, String path) {
    var vars = new HashMap<>(Map.of("PATH", path));
    if (agentBin != null) {
      vars.put("A2A_AGENT_BIN", agentBin);
    }
    return Settings.resolve(Map.of(), null, new Environment(vars, temp, temp.resolve("home"), "host"));
  }

  private Path program(String name) throws IOException {
    var file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }
}
