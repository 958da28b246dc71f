package lib.config;

import static lib.config.Setting.Use.AGENT;
import static lib.config.Setting.Use.CONNECT;
import static lib.config.Setting.Use.LOCAL;
import static lib.config.Setting.Use.OFFER;
import static lib.config.Setting.Use.SERVE;
import static lib.config.Setting.Use.SYNC;
import static lib.config.Setting.Use.WORK;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.core.Environment;

/**
 * The settings table. One row is everything there is to say about a setting; flags, variables, JSON keys, the example
 * file, the manual and the checks follow from it. A secret's row brings a second one, {@code …_file}, that names a file
 * holding it.
 */
public final class SettingsTable {
  private static final List<Setting<?>> ROWS = new ArrayList<>();

  // --- the server to work for
  public static final Setting<URI> SERVER_URL = row(Setting.of("server_url", SettingType.url("https", "http"),
      "the CodeTether server").flags("-s", "--server").in(CONNECT, WORK).listed());
  public static final Setting<String> AUTH_TOKEN = row(Setting.of("auth_token", SettingType.secret(),
      "the token the server knows; sent with every call").in(CONNECT, WORK).listed());
  public static final Setting<Path> CA_FILE = row(Setting.of("ca_file", SettingType.path(),
      "PEM file of certificate authorities trusted besides the JDK's").in(CONNECT, WORK));

  // --- who we are and what we offer
  public static final Setting<String> WORKER_NAME = row(Setting.of("worker_name", SettingType.title(),
      "how people call this worker").flags("-n", "--name").fallback(Environment::host, "the host's name").in(CONNECT, LOCAL, WORK).listed());
  public static final Setting<String> WORKER_ID = row(Setting.of("worker_id", SettingType.title(),
      "the id the server knows us by").fallback(env -> null, "made once, kept in the state folder").in(OFFER, SYNC));
  public static final Setting<List<Codebase>> CODEBASES = row(Setting.of("codebases", SettingType.codebases(),
      "folders to work in; flags add to the file's list").flags("-b", "--codebase").fallback(List.of()).in(OFFER).listed());
  public static final Setting<Boolean> GLOBAL_CODEBASE = row(Setting.of("global_codebase", SettingType.bool(),
      "also take tasks without a codebase, in the home folder").fallback(true));
  public static final Setting<List<Path>> CODEBASE_ROOTS = row(Setting.of("codebase_roots", SettingType.roots(),
      "the server may only register folders below these").fallback(env -> null,
          "the codebases, and the home folder's non-hidden folders"));
  public static final Setting<List<String>> CAPABILITIES = row(Setting.of("capabilities", SettingType.words(),
      "what the server may route to us").fallback(List.of("agent", "build", "deploy", "test")).in(OFFER));

  // --- running agents
  public static final Setting<String> AGENT_BIN = row(Setting.of("agent_bin", SettingType.program(),
      "the agent CLI, a path or a name on the PATH").flags("--agent-bin", "--opencode").oldKeys("opencode_bin")
      .fallback(env -> null, "the first found of agent, opencode, codetether, claude, codex")
      .in(AGENT, WORK).listed());
  public static final Setting<String> AGENT_KIND = row(Setting.of("agent_kind", SettingType.choice("auto", "opencode", "codetether",
      "claude", "codex", "command"), "which agent CLI agent_bin is; auto goes by its name and version, command is any other program")
      .fallback("auto").in(AGENT, WORK));
  public static final Setting<List<String>> AGENT_ARGS = row(Setting.of("agent_args", SettingType.arguments(),
      "what agent_bin is called with when agent_kind is command; what has no value is left out").fallback(List.of()));
  public static final Setting<String> AGENT_APPROVAL = row(Setting.of("agent_approval", SettingType.choice("configured", "edits", "all"),
      "what agents may do unasked: what their own settings say, also change files, or all").fallback("edits"));
  public static final Setting<Path> AGENT_STORAGE_PATH = row(Setting.of("agent_storage_path", SettingType.path(),
      "the agent's data folder, the folder storage in it, or its opencode.db").flags("--agent-storage-path", "--opencode-storage-path")
      .oldKeys("opencode_storage_path").vars("A2A_OPENCODE_STORAGE_PATH", "OPENCODE_STORAGE_PATH").fallback(env -> null,
          "what OPENCODE_DB names, else opencode or agent in $XDG_DATA_HOME or in the homes of the codebases' owners").in(WORK, SYNC));
  public static final Setting<List<String>> AGENT_ENV = row(Setting.of("agent_env", SettingType.variables(),
      "further variables that agents inherit; NAME or PREFIX_*").fallback(List.of()).in(AGENT, WORK));
  public static final Setting<Integer> MAX_CONCURRENT_TASKS = row(Setting.of("max_concurrent_tasks", SettingType.whole(1, 64),
      "tasks that run at the same time").fallback(2).listed());
  public static final Setting<Long> MIN_FREE_DISK = row(Setting.of("min_free_disk", SettingType.bytes(0, 1L << 40),
      "with less left where the state folder lies no task is taken").fallback(512L << 20));
  public static final Setting<Long> MIN_FREE_MEMORY = row(Setting.of("min_free_memory", SettingType.bytes(0, 1L << 40),
      "with less left no further agent is started").fallback(512L << 20));
  public static final Setting<Duration> TASK_TIMEOUT = row(Setting.of("task_timeout", SettingType.seconds(1, 604_800),
      "the longest an agent may run").fallback(Duration.ofHours(4)).listed());
  public static final Setting<Map<String, Duration>> SILENCE = row(Setting.of("silence", SettingType.budgets(silences()),
      "how long an agent may be quiet: after its result, with a question, refused by its provider, at work, doing nothing")
      .fallback(silences()));
  public static final Setting<String> ON_LIMIT = row(Setting.of("on_limit", SettingType.choice("requeue", "fail"),
      "what becomes of a task that met a usage limit").fallback("requeue"));
  public static final Setting<Long> OUTPUT_MAX = row(Setting.of("output_max", SettingType.bytes(64 << 10, 16L << 30),
      "output sent per task; past it head and tail are kept").fallback(256L << 20));
  public static final Setting<Duration> DRAIN_TIMEOUT = row(Setting.of("drain_timeout", SettingType.seconds(0, 604_800),
      "how long running tasks may finish after the first TERM").fallback(Duration.ofMinutes(5)).listed());
  public static final Setting<Boolean> KEEP_AGENTS = row(Setting.of("keep_agents", SettingType.bool(),
      "leave at once on TERM; agents run on for the next start").fallback(false));
  public static final Setting<Path> STATE_DIR = row(Setting.of("state_dir", SettingType.path(),
      "journal, worker id, tasks").fallback(env -> null, "$STATE_DIRECTORY, else $XDG_STATE_HOME/a2a-worker/NAME")
      .in(CONNECT, LOCAL, WORK));

  public static final Setting<Integer> KEEP_DAYS = row(Setting.of("keep_days", SettingType.whole(1, 3650),
      "days that a finished task's files are kept here").fallback(14));
  public static final Setting<Long> KEEP_BYTES = row(Setting.of("keep_bytes", SettingType.bytes(1 << 20, 1L << 50),
      "all finished tasks' files together; past it the oldest go").fallback(2L << 30));

  // --- hearing of tasks
  public static final Setting<Duration> POLL_INTERVAL = row(Setting.of("poll_interval", SettingType.seconds(0.5, 86_400),
      "seconds between polls while the event stream is down").flags("-i", "--poll-interval")
      .fallback(Duration.ofSeconds(5)).listed());
  public static final Setting<Duration> SSE_HEARTBEAT_TIMEOUT = row(Setting.of("sse_heartbeat_timeout",
      SettingType.seconds(1, 3600), "a stream silent for so long is opened again").fallback(Duration.ofSeconds(45)));

  // --- the agents' sessions
  public static final Setting<Duration> SESSION_SYNC_INTERVAL = row(Setting.of("session_sync_interval", SettingType.seconds(0, 86_400),
      "seconds between uploads of the agents' sessions; 0: none is uploaded, not after a task either")
      .fallback(Duration.ofSeconds(60)));
  public static final Setting<Integer> SYNC_SESSIONS = row(Setting.of("session_message_sync_max_sessions",
      SettingType.whole(0, 1_000), "newest sessions of each codebase whose messages are sent; 0: none").fallback(3).in(WORK, SYNC));
  public static final Setting<Integer> SYNC_MESSAGES = row(Setting.of("session_message_sync_max_messages",
      SettingType.whole(0, 1_000), "newest messages sent of each; 0: none").fallback(100).in(WORK, SYNC));
  public static final Setting<Boolean> GLOBAL_SESSIONS = row(Setting.of("global_sessions", SettingType.bool(),
      "also send sessions of Claude Code and Codex outside every codebase, under the global one").fallback(false).in(WORK, SYNC));
  public static final Setting<Duration> SYNC_INTERVAL = row(Setting.of("active_session_sync_interval",
      SettingType.seconds(0.2, 3600), "seconds between looks at the session of a running task, which is sent when it has changed")
      .fallback(Duration.ofSeconds(1)));

  // --- reports and who gets them
  public static final Setting<String> LOG_LEVEL = row(Setting.of("log_level",
      SettingType.choice("error", "warn", "info", "debug"), "how much the log says").fallback("info").in(WORK, SERVE));

  // --- the embedded server
  public static final Setting<String> HOST = row(Setting.of("host", SettingType.text(),
      "address the embedded server binds to").fallback("127.0.0.1").in(SERVE).listed());
  public static final Setting<Integer> PORT = row(Setting.of("port", SettingType.whole(0, 65_535),
      "port of the embedded server; 0 picks a free one").fallback(8787).in(SERVE, WORK).listed());
  public static final Setting<Path> DATA = row(Setting.of("data", SettingType.path(),
      "folder of the embedded server's database").fallback(env -> env.xdg("XDG_DATA_HOME", ".local/share").resolve("a2a-server"),
          "$XDG_DATA_HOME/a2a-server").in(SERVE, WORK).listed());
  public static final Setting<Path> DB_PATH = row(Setting.of("db_path", SettingType.path(),
      "the embedded server's database file").vars("OPENCODE_DB_PATH").fallback(env -> null, "server.db in data").in(SERVE, WORK));
  public static final Setting<String> TOKENS = row(Setting.of("tokens", SettingType.tokens(),
      "tokens the embedded server accepts").vars("A2A_AUTH_TOKENS").fallback(env -> null, "one that it makes at its first start")
      .in(SERVE, WORK).listed());
  public static final Setting<Boolean> NO_TOKEN = row(Setting.of("no_token", SettingType.bool(),
      "the embedded server asks for no token: every user of this machine can read its tasks and run code as you").fallback(false)
      .in(SERVE, WORK).listed());

  public static final Setting<Integer> SERVER_KEEP_DAYS = row(Setting.of("server_keep_days", SettingType.whole(1, 3650),
      "days that the embedded server keeps ended tasks, and the sessions of workers that are gone").fallback(90).in(SERVE, WORK));
  public static final Setting<Long> SERVER_KEEP_BYTES = row(Setting.of("server_keep_bytes", SettingType.bytes(1 << 20, 1L << 50),
      "all ended tasks of the embedded server with their output together; past it the oldest go").fallback(10L << 30).in(SERVE, WORK));

  // --- named by the product page or the old worker; said to have no effect until their feature exists
  private static final String MAIL = "mail", DISCOVERY = "agent discovery", VAULT = "Vault";
  public static final Setting<URI> REDIS_URL = row(Setting.of("redis_url", SettingType.url("redis", "rediss"),
      "Redis that announces tasks").later("Redis"));
  public static final Setting<Boolean> REGISTER_AS_AGENT = row(Setting.of("register_as_agent", SettingType.bool(),
      "be discoverable by other agents").noFlags("--no-agent-registration").fallback(true).later(DISCOVERY));
  public static final Setting<String> AGENT_NAME = row(Setting.of("agent_name", SettingType.title(),
      "the role that tasks can be addressed to").fallback(env -> null, "the worker's name").in(OFFER));
  public static final Setting<String> AGENT_DESCRIPTION = row(Setting.of("agent_description", SettingType.text(),
      "what other agents read about us").later(DISCOVERY));
  public static final Setting<URI> AGENT_URL = row(Setting.of("agent_url", SettingType.url("https", "http"),
      "where other agents reach us").later(DISCOVERY));
  public static final Setting<List<String>> MODELS_SUPPORTED = row(Setting.of("models_supported", SettingType.words(),
      "models we offer").later(DISCOVERY));
  public static final Setting<URI> MCP_URL = row(Setting.of("mcp_url", SettingType.url("https", "http"),
      "the server's MCP address").fallback(env -> null, "server_url").later(DISCOVERY));
  public static final Setting<String> SENDGRID_API_KEY = row(Setting.of("sendgrid_api_key", SettingType.secret(),
      "SendGrid's key").flags("--sendgrid-key").vars("SENDGRID_API_KEY").later(MAIL));
  public static final Setting<String> SENDGRID_FROM_EMAIL = row(Setting.of("sendgrid_from_email", SettingType.mail(),
      "sender of reports").flags("--sendgrid-from").vars("SENDGRID_FROM_EMAIL").later(MAIL));
  public static final Setting<String> NOTIFICATION_EMAIL = row(Setting.of("notification_email", SettingType.mail(),
      "who gets reports").flags("-e", "--email").vars("NOTIFICATION_EMAIL").later(MAIL));
  public static final Setting<String> EMAIL_INBOUND_DOMAIN = row(Setting.of("email_inbound_domain", SettingType.text(),
      "domain that receives replies").vars("EMAIL_INBOUND_DOMAIN").later(MAIL));
  public static final Setting<String> EMAIL_REPLY_PREFIX = row(Setting.of("email_reply_prefix", SettingType.text(),
      "local part of reply addresses").vars("EMAIL_REPLY_PREFIX").fallback("task").later(MAIL));
  public static final Setting<Boolean> EMAIL_DRY_RUN = row(Setting.of("email_dry_run", SettingType.bool(),
      "log reports instead of sending them").fallback(false).later(MAIL));
  public static final Setting<Boolean> EMAIL_VERBOSE = row(Setting.of("email_verbose", SettingType.bool(),
      "log more about mail").fallback(false).later(MAIL));
  public static final Setting<String> VAULT_SENDGRID_PATH = row(Setting.of("vault_sendgrid_path", SettingType.text(),
      "where Vault keeps the mail settings").later(VAULT));
  public static final Setting<URI> VAULT_ADDR = row(Setting.of("vault_addr", SettingType.url("https", "http"),
      "the Vault server").vars("VAULT_ADDR").later(VAULT));
  public static final Setting<String> VAULT_TOKEN = row(Setting.of("vault_token", SettingType.secret(),
      "Vault's token").vars("VAULT_TOKEN").later(VAULT));

  /** Settings that a running worker takes over at a reload; all others need a restart. */
  static final Set<Setting<?>> LIVE = Set.of(CODEBASES, CODEBASE_ROOTS, AGENT_BIN, AGENT_KIND, AGENT_ARGS, AGENT_APPROVAL, AGENT_ENV,
      MAX_CONCURRENT_TASKS, MIN_FREE_DISK, MIN_FREE_MEMORY, TASK_TIMEOUT, SILENCE, DRAIN_TIMEOUT, KEEP_AGENTS);

  private SettingsTable() {}

  /** Kinds of silence and how long each is allowed; {@code lib.agent.Silence} says what they are. */
  private static Map<String, Duration> silences() {
    var budgets = new LinkedHashMap<String, Duration>();
    budgets.put("lingering", Duration.ofSeconds(10)); // a CLI that ends by itself does so within a second of its result
    budgets.put("asking", Duration.ZERO); // nobody is there who could answer
    budgets.put("limited", Duration.ofSeconds(120)); // OpenCode gives up by itself after 71 s; limits per minute pass in that time
    budgets.put("thinking", Duration.ofHours(1)); // a hard question to a slow model takes minutes; longer, it has lost the connection
    budgets.put("dead", Duration.ofMinutes(15)); // agents let a command run for 10 minutes, and it may be a sleep
    return budgets;
  }

  /** Every row, in the manual's order. */
  public static List<Setting<?>> rows() {
    return List.copyOf(ROWS);
  }

  /** The row that names the file holding this secret. */
  static Setting<Path> fileOf(Setting<?> secret) {
    var row = Setting.of(secret.key() + "_file", SettingType.path(), "file holding " + secret.key())
        .vars(secret.vars().stream().map(v -> v + "_FILE").toArray(String[]::new))
        .in(secret.uses().toArray(Setting.Use[]::new)).later(secret.later());
    return secret.common() ? row.listed() : row;
  }

  private static <T> Setting<T> row(Setting<T> setting) {
    ROWS.add(setting);
    if (setting.secret()) {
      ROWS.add(fileOf(setting));
    }
    return setting;
  }
}
