package lib.agent;

import module java.base;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.redaction.Secrets;

/**
 * The variables that an agent inherits: what programs need to run, what toolchains, agents and model providers document, and
 * what {@code agent_env} adds. Never the worker's own, since a task's text could make an agent print them, and never what ties a
 * process to its starter: with {@code GIT_DIR} commits land in another repository.
 */
public final class AgentEnvironment {
  /** Names, and beginnings of names, that pass; behind each row what documents them. */
  private static final List<String> PASSED = names("""
      PATH HOME USER LOGNAME SHELL TERM LANG LANGUAGE LC_* TZ TMPDIR XDG_* | POSIX and the XDG base directories
      HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy | curl, Node, Python, Go
      SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS CURL_CA_BUNDLE REQUESTS_CA_BUNDLE | OpenSSL, Node, curl, Python
      GIT_* SSH_AUTH_SOCK GH_TOKEN GH_HOST GITHUB_TOKEN GITLAB_TOKEN GITLAB_HOST | git, ssh, gh, glab
      DOCKER_* CONTAINER_HOST KUBECONFIG | docker, podman, kubectl
      JAVA_HOME MAVEN_* GRADLE_* NVM_* VOLTA_HOME FNM_* NODE_* NPM_CONFIG_* PNPM_HOME COREPACK_* YARN_* BUN_* DENO_* | Java and JavaScript
      PYENV_* VIRTUAL_ENV CONDA_* PIP_* UV_* POETRY_* GOPATH GOROOT GOPROXY GOPRIVATE GOFLAGS GOTOOLCHAIN | Python and Go
      CARGO_* RUSTUP_* RBENV_* GEM_HOME BUNDLE_* DOTNET_* NUGET_* ANDROID_HOME MISE_* ASDF_* | other languages
      CLAUDE_* ANTHROPIC_* IS_SANDBOX CLOUD_ML_REGION VERTEX_REGION_* GCLOUD_PROJECT DISABLE_* ENABLE_* | Claude Code's settings page
      BASH_DEFAULT_TIMEOUT_MS BASH_MAX_TIMEOUT_MS BASH_MAX_OUTPUT_LENGTH MAX_THINKING_TOKENS API_TIMEOUT_MS | the same
      MCP_* MAX_MCP_OUTPUT_TOKENS USE_BUILTIN_RIPGREP OTEL_* | the same
      CODEX_* OPENCODE_* CODETETHER_* KILO_* QWEN_* COPILOT_* CLINE_* AUGMENT_* CURSOR_API_KEY AMP_API_KEY | the agents' own pages
      OPENAI_* GOOGLE_* GEMINI_* AZURE_* AWS_* OPENROUTER_* MISTRAL_* GROQ_* XAI_* DEEPSEEK_* MOONSHOT_* | the providers' own pages
      MINIMAX_* ZAI_* OLLAMA_* LM_STUDIO_* HF_TOKEN FIREWORKS_* TOGETHER_* CEREBRAS_* DASHSCOPE_* NVIDIA_* | the same
      AICORE_SERVICE_KEY BAILING_API_TOKEN CLARIFAI_PAT CLOUDFLARE_ACCOUNT_ID CLOUDFLARE_API_TOKEN CLOUDFLARE_GATEWAY_ID | models.dev
      DATABRICKS_HOST DATABRICKS_TOKEN DIGITALOCEAN_ACCESS_TOKEN FRIENDLI_TOKEN INFOMANIAK_PRODUCT_ID MODAL_PROXY_TOKEN | models.dev
      NEON_AI_GATEWAY_* PRIVATEMODE_ENDPOINT SNOWFLAKE_ACCOUNT SNOWFLAKE_CORTEX_PAT SUBMODEL_INSTAGEN_ACCESS_KEY WATSONX_* | models.dev
      """);

  private static final String KEY = "_API_KEY";

  /** What stands before {@code _API_KEY} in the names of models.dev, by which OpenCode, Kilo and others find a provider's key. */
  private static final List<String> PROVIDERS = names("""
      ABACUS AI21 AIHUBMIX AI_GATEWAY ALIBABA_CODING_PLAN ALIBABA_TOKEN_PLAN AMBIENT AMD ARCEE ARK ARK_CODING_PLAN BASETEN BERGET CHUTES
      CLOUDFLARE COHERE CORTECS CRUSOE DEEPINFRA EVROC FASTROUTER GMICLOUD GREENPT HELICONE HETZNER IFLOW INCEPTION INFERENCE INFOMANIAK
      IOINTELLIGENCE JIEKOU KIMI LLAMA LLMGATEWAY LMSTUDIO LONGCAT LUCIDQUERY META_MODEL MODELSCOPE MORPH NANO_GPT NEARAI NEBIUS
      NOVITA OCI_GENAI OVHCLOUD PERPLEXITY POE POOLSIDE PRIVATEMODE QIHANG QINIU REGOLO REQUESTY SAKANA SALAD_CLOUD SARVAM SCALEWAY
      SENSENOVA SILICONFLOW SILICONFLOW_CN STACKIT STEPFUN SYNTHETIC TENCENT_CODING_PLAN TENCENT_TOKENHUB TENCENT_TOKEN_PLAN TINFOIL
      TINKER UMANS_AI UPSTAGE V0 VENICE VIVGRID VULTR WAFER WANDB XIAOMI ZENMUX ZHIPU | models.dev
      """);

  /** Not even {@code agent_env} lets these through: what speaks as the worker, and what ties a process to the one that started it. */
  private static final List<String> NEVER = names("""
      A2A_* SENDGRID_* VAULT_* OPENCODE_DB_PATH WORKER_AUTH_TOKEN CODETETHER_TOKEN CODETETHER_AUTH_TOKEN CODETETHER_WORKER_* | the worker
      GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_PREFIX GIT_OBJECT_DIRECTORY | git rev-parse --local-env-vars
      GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT GIT_GRAFT_FILE GIT_SHALLOW_FILE | the same
      GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_INTERNAL_SUPER_PREFIX GIT_NAMESPACE GIT_QUARANTINE_PATH GIT_PUSH_* | the same, and hooks
      NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE NODE_UNIQUE_ID NODE_TEST_CONTEXT | Node's child_process, cluster and test runner
      TMUX TMUX_PANE STY WINDOW ZELLIJ ZELLIJ_* KITTY_* WEZTERM_* NOTIFY_SOCKET LISTEN_* WATCHDOG_* | terminal multiplexers, systemd
      CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_SSE_PORT CLAUDE_CODE_SESSION_ID CLAUDE_CODE_CHILD_SESSION | Claude Code, for its children
      CLAUDE_CODE_EXECPATH CLAUDE_CODE_MESSAGING_* CLAUDE_AGENT_SDK_VERSION CLAUDE_PID CLAUDE_PROJECT_DIR CLAUDE_ENV_FILE | the same
      OPENCODE OPENCODE_PID OPENCODE_RUN_ID OPENCODE_PROCESS_ROLE OPENCODE_CALLER OPENCODE_CLIENT OPENCODE_TERMINAL AGENT | OpenCode, the same
      OPENCODE_ROUTE OPENCODE_EDITOR_SSE_PORT OPENCODE_WORKSPACE_ID KILO KILO_PID KILO_RUN_ID KILO_PROCESS_ROLE | OpenCode and Kilo, the same
      CODEX_SANDBOX CODEX_SANDBOX_NETWORK_DISABLED CODEX_THREAD_ID CODEX_CI CODEX_INTERNAL_ORIGINATOR_OVERRIDE | Codex, the same
      GEMINI_CLI QWEN_CODE CLINE_ACTIVE COPILOT_CLI CURSOR_AGENT CURSOR_TRACE_ID AUGMENT_AGENT AI_AGENT | others, the same
      """);

  private AgentEnvironment() {}

  /** What an agent gets that works in this folder, by these settings. */
  public static Map<String, String> of(Settings settings, Path directory) {
    var inherited = of(settings.env().vars(), settings.get(SettingsTable.AGENT_ENV), Secrets.own(settings), directory);
    AgentProgram.find(settings).flatMap(AgentProgram::interpreterFolder).map(Path::toString)
        .filter(folder -> !List.of(inherited.getOrDefault("PATH", "").split(":")).contains(folder))
        .ifPresent(folder -> inherited.merge("PATH", folder, (path, first) -> first + ":" + path));
    return inherited;
  }

  /**
   * What the agent gets of the worker's variables. {@code NO_COLOR} is set, {@code PWD} is the folder it works in.
   *
   * @param own values that no variable may hand on, whatever its name
   */
  public static Map<String, String> of(Map<String, String> vars, List<String> more, List<String> own, Path directory) {
    var inherited = new HashMap<String, String>();
    vars.forEach((name, value) -> {
      if (matches(name, PASSED) || matches(name, more) || name.endsWith(KEY) && PROVIDERS.contains(name.substring(0, name.length() - KEY.length()))) {
        inherited.put(name, value);
      }
    });
    inherited.keySet().removeIf(name -> matches(name, NEVER));
    inherited.values().removeIf(value -> own.stream().anyMatch(value::contains));
    inherited.put("NO_COLOR", "1");
    inherited.put("PWD", directory.toString());
    return inherited;
  }

  private static List<String> names(String table) {
    return table.lines().flatMap(row -> Stream.of(row.replaceFirst(" \\| .*", "").split(" "))).toList();
  }

  private static boolean matches(String name, List<String> patterns) {
    return patterns.stream().anyMatch(p -> p.endsWith("*") ? name.startsWith(p.substring(0, p.length() - 1)) : name.equals(p));
  }
}
