package lib.agent;

import module java.base;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.redaction.Secrets;

/**
 * The variables that an agent inherits: what programs need to run, what toolchains and model providers need, and what
 * {@code agent_env} adds. Never the worker's own: a task's text could make an agent print them.
 */
public final class AgentEnvironment {
  private static final List<String> ALLOWED = List.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "LC_*",
      "TZ", "TMPDIR", "XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy",
      "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_*",
      "SSH_AUTH_SOCK", "JAVA_HOME", "MAVEN_*", "GRADLE_*", "NVM_*", "NODE_*", "NPM_CONFIG_*", "PNPM_HOME", "BUN_*", "PYENV_*",
      "VIRTUAL_ENV", "CONDA_*", "PIP_*", "UV_*", "GOPATH", "GOROOT", "GOPROXY", "CARGO_HOME", "RUSTUP_*", "RBENV_*", "DOTNET_*",
      "OPENCODE_*", "CODETETHER_*", "CLAUDE_*", "CODEX_*", "ANTHROPIC_*", "OPENAI_*", "GOOGLE_*", "GEMINI_*", "AZURE_*", "AWS_*", "OPENROUTER_*", "MISTRAL_*", "GROQ_*",
      "XAI_*", "DEEPSEEK_*", "MOONSHOT_*", "MINIMAX_*", "ZAI_*", "OLLAMA_*");

  /** Not even {@code agent_env} lets these through. */
  private static final List<String> NEVER = List.of("A2A_*", "SENDGRID_*", "VAULT_*", "OPENCODE_DB_PATH", "WORKER_AUTH_TOKEN",
      "CODETETHER_TOKEN", "CODETETHER_AUTH_TOKEN", "CODETETHER_WORKER_*"); // with these an agent could speak as the worker

  private AgentEnvironment() {}

  /** What an agent gets that works in this folder, by these settings. */
  public static Map<String, String> of(Settings settings, Path directory) {
    return of(settings.env().vars(), settings.get(SettingsTable.AGENT_ENV), Secrets.own(settings), directory);
  }

  /**
   * What the agent gets of the worker's variables. {@code NO_COLOR} is set, {@code PWD} is the folder it works in.
   *
   * @param own values that no variable may hand on, whatever its name
   */
  public static Map<String, String> of(Map<String, String> vars, List<String> more, List<String> own, Path directory) {
    var inherited = new HashMap<String, String>();
    vars.forEach((name, value) -> {
      if (matches(name, ALLOWED) || matches(name, more)) {
        inherited.put(name, value);
      }
    });
    inherited.keySet().removeIf(name -> matches(name, NEVER));
    inherited.values().removeIf(value -> own.stream().anyMatch(value::contains));
    inherited.put("NO_COLOR", "1");
    inherited.put("PWD", directory.toString());
    return inherited;
  }

  private static boolean matches(String name, List<String> patterns) {
    return patterns.stream().anyMatch(p -> p.endsWith("*") ? name.startsWith(p.substring(0, p.length() - 1)) : name.equals(p));
  }
}
