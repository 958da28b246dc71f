package lib.config;

import module java.base;
import static lib.config.Setting.Use.AGENT;
import static lib.config.Setting.Use.CONNECT;
import static lib.config.Setting.Use.LOCAL;
import static lib.config.Setting.Use.OFFER;
import static lib.config.Setting.Use.SERVE;
import static lib.config.Setting.Use.SYNC;
import static lib.config.Setting.Use.WORK;

import lib.config.Setting.Default;
import lib.config.Setting.Scope;
import lib.config.Setting.Use;
import lib.core.Environment;

/**
 * The settings table. One row is everything there is to say about a setting; flags, variables, JSON keys, the example
 * file, the manual and the checks follow from it. A secret's row brings a second one, {@code …_file}, that names a file
 * holding it.
 */
public final class SettingsTable {
  private static final List<Setting<?>> ROWS = new ArrayList<>();

  // --- the server to work for
  public static final Setting<URI> SERVER_URL = row("server_url", new Url("https", "http"),
      "the CodeTether server", none(), listed(CONNECT, WORK), "-s", "--server");
  public static final Setting<String> AUTH_TOKEN = row("auth_token", SettingType.SECRET,
      "the token the server knows; sent with every call", none(), listed(CONNECT, WORK));
  public static final Setting<Path> CA_FILE = row("ca_file", SettingType.PATH,
      "PEM file of certificate authorities trusted besides the JDK's", none(), in(CONNECT, WORK));

  // --- who we are and what we offer
  public static final Setting<String> WORKER_NAME = row("worker_name", SettingType.TITLE,
      "how people call this worker", new Default<>(Environment::host, "the host's name"), listed(CONNECT, LOCAL, WORK), "-n", "--name");
  public static final Setting<String> WORKER_ID = row("worker_id", SettingType.TITLE,
      "the id the server knows us by", otherwise("made once, kept in the state folder"), in(OFFER, SYNC));
  public static final Setting<List<Codebase>> CODEBASES = row("codebases", SettingType.CODEBASES,
      "folders to work in; flags add to the file's list", is(List.of()), listed(OFFER), "-b", "--codebase");
  public static final Setting<Boolean> GLOBAL_CODEBASE = row("global_codebase", SettingType.YES_NO,
      "also take tasks without a codebase, in the home folder", is(true), in(WORK));
  public static final Setting<List<Path>> CODEBASE_ROOTS = row("codebase_roots", SettingType.ROOTS,
      "the server may only register folders below these", otherwise("the codebases, and the home folder's non-hidden folders"), in(WORK));
  public static final Setting<List<String>> CAPABILITIES = row("capabilities", SettingType.WORDS,
      "what the server may route to us", is(List.of("agent", "build", "deploy", "test")), in(OFFER));

  // --- running agents
  public static final Setting<String> AGENT_BIN = row("agent_bin", SettingType.PROGRAM,
      "the agent CLI, a path or a name on the PATH",
      otherwise("the first found of agent, opencode, codetether, claude, codex"), listed(AGENT, WORK), "--opencode", "opencode_bin");
  public static final Setting<String> AGENT_KIND = row("agent_kind", SettingType.choice("auto", "opencode", "codetether", "claude", "codex", "acp", "command"),
      "which agent CLI agent_bin is; auto goes by its name and version, acp is one that speaks the Agent Client Protocol, command any other program", is("auto"), in(AGENT, WORK));
  public static final Setting<List<String>> AGENT_ARGS = row("agent_args", SettingType.ARGUMENTS,
      "what agent_bin is called with when agent_kind is acp or command; what has no value is left out", is(List.of()), in(WORK));
  public static final Setting<String> AGENT_APPROVAL = row("agent_approval", SettingType.choice("configured", "edits", "all"),
      "what agents may do unasked: what their own settings say, also change files, or all", is("edits"), in(WORK));
  public static final Setting<Path> AGENT_STORAGE_PATH = row("agent_storage_path", SettingType.PATH,
      "the agent's data folder, the folder storage in it, or its opencode.db",
      otherwise("what OPENCODE_DB names, else opencode or agent in $XDG_DATA_HOME or in the homes of the codebases' owners"), in(WORK, SYNC),
      "--opencode-storage-path", "opencode_storage_path", "A2A_OPENCODE_STORAGE_PATH", "OPENCODE_STORAGE_PATH");
  public static final Setting<List<String>> AGENT_ENV = row("agent_env", SettingType.VARIABLES,
      "further variables that agents inherit; NAME or PREFIX_*", is(List.of()), in(AGENT, WORK));
  public static final Setting<Integer> MAX_CONCURRENT_TASKS = row("max_concurrent_tasks", SettingType.whole(1, 64),
      "tasks that run at the same time", is(2), listed(WORK));
  public static final Setting<Long> MIN_FREE_DISK = row("min_free_disk", SettingType.bytes(0, 1L << 40),
      "with less left where the state folder lies no task is taken", is(512L << 20), in(WORK));
  public static final Setting<Long> MIN_FREE_MEMORY = row("min_free_memory", SettingType.bytes(0, 1L << 40),
      "with less left no further agent is started", is(512L << 20), in(WORK));
  public static final Setting<Duration> TASK_TIMEOUT = row("task_timeout", SettingType.seconds(1, 604_800),
      "the longest an agent may run", is(Duration.ofHours(4)), listed(WORK));
  public static final Setting<Map<String, Duration>> SILENCE = row("silence", new SettingType.Budgets(silences()),
      "how long an agent may be quiet: after its result, with a question, refused by its provider, at work, doing nothing", is(silences()), in(WORK));
  public static final Setting<String> ON_LIMIT = row("on_limit", SettingType.choice("requeue", "fail"),
      "what becomes of a task that met a usage limit", is("requeue"), in(WORK));
  public static final Setting<Long> OUTPUT_MAX = row("output_max", SettingType.bytes(64 << 10, 16L << 30),
      "output sent per task; past it head and tail are kept", is(256L << 20), in(WORK));
  public static final Setting<Duration> DRAIN_TIMEOUT = row("drain_timeout", SettingType.seconds(0, 604_800),
      "how long running tasks may finish after the first TERM", is(Duration.ofMinutes(5)), listed(WORK));
  public static final Setting<Boolean> KEEP_AGENTS = row("keep_agents", SettingType.YES_NO,
      "leave at once on TERM; agents run on for the next start", is(false), in(WORK));
  public static final Setting<Path> STATE_DIR = row("state_dir", SettingType.PATH,
      "journal, worker id, tasks", otherwise("$STATE_DIRECTORY, else $XDG_STATE_HOME/a2a-worker/NAME"), in(CONNECT, LOCAL, WORK));

  public static final Setting<Integer> KEEP_DAYS = row("keep_days", SettingType.whole(1, 3650),
      "days that a finished task's files are kept here", is(14), in(WORK));
  public static final Setting<Long> KEEP_BYTES = row("keep_bytes", SettingType.bytes(1 << 20, 1L << 50),
      "all finished tasks' files together; past it the oldest go", is(2L << 30), in(WORK));

  // --- hearing of tasks
  public static final Setting<Duration> POLL_INTERVAL = row("poll_interval", SettingType.seconds(0.5, 86_400),
      "seconds between polls while the event stream is down", is(Duration.ofSeconds(5)), listed(WORK), "-i");
  public static final Setting<Duration> SSE_HEARTBEAT_TIMEOUT = row("sse_heartbeat_timeout", SettingType.seconds(1, 3600),
      "a stream silent for so long is opened again", is(Duration.ofSeconds(45)), in(WORK));

  // --- the agents' sessions
  public static final Setting<Duration> SESSION_SYNC_INTERVAL = row("session_sync_interval", SettingType.seconds(0, 86_400),
      "seconds between uploads of the agents' sessions; 0: none is uploaded, not after a task either", is(Duration.ofSeconds(60)), in(WORK));
  public static final Setting<Integer> SYNC_SESSIONS = row("session_message_sync_max_sessions", SettingType.whole(0, 1_000),
      "newest sessions of each codebase whose messages are sent; 0: none", is(3), in(WORK, SYNC));
  public static final Setting<Integer> SYNC_MESSAGES = row("session_message_sync_max_messages", SettingType.whole(0, 1_000),
      "newest messages sent of each; 0: none", is(100), in(WORK, SYNC));
  public static final Setting<Boolean> GLOBAL_SESSIONS = row("global_sessions", SettingType.YES_NO,
      "also send sessions of Claude Code and Codex outside every codebase, under the global one", is(false), in(WORK, SYNC));
  public static final Setting<Duration> SYNC_INTERVAL = row("active_session_sync_interval", SettingType.seconds(0.2, 3600),
      "seconds between looks at the session of a running task, which is sent when it has changed", is(Duration.ofSeconds(1)), in(WORK));

  // --- reports and who gets them
  public static final Setting<String> LOG_LEVEL = row("log_level", SettingType.choice("error", "warn", "info", "debug"),
      "how much the log says", is("info"), in(WORK, SERVE));

  // --- the embedded server
  public static final Setting<String> HOST = row("host", SettingType.TEXT, "address the embedded server binds to", is("127.0.0.1"), listed(SERVE));
  public static final Setting<Integer> PORT = row("port", SettingType.whole(0, 65_535),
      "port of the embedded server; 0 picks a free one", is(8787), listed(SERVE, WORK));
  public static final Setting<Path> DATA = row("data", SettingType.PATH,
      "folder of the embedded server's database",
      new Default<>(env -> env.xdg("XDG_DATA_HOME", ".local/share").resolve("a2a-server"), "$XDG_DATA_HOME/a2a-server"), listed(SERVE, WORK));
  public static final Setting<Path> DB_PATH = row("db_path", SettingType.PATH,
      "the embedded server's database file", otherwise("server.db in data"), in(SERVE, WORK), "OPENCODE_DB_PATH");
  public static final Setting<String> TOKENS = row("tokens", SettingType.TOKENS,
      "tokens the embedded server accepts", otherwise("one that it makes at its first start"), listed(SERVE, WORK), "A2A_AUTH_TOKENS");
  public static final Setting<Boolean> REQUIRE_TOKEN = row("require_token", SettingType.YES_NO,
      "ask for a token; without one every user of this machine can read the server's tasks and run code as you", is(true), listed(SERVE, WORK), "--token");
  public static final Setting<Integer> SERVER_KEEP_DAYS = row("server_keep_days", SettingType.whole(1, 3650),
      "days that the embedded server keeps ended tasks, and the sessions of workers that are gone", is(90), in(SERVE, WORK));
  public static final Setting<Long> SERVER_KEEP_BYTES = row("server_keep_bytes", SettingType.bytes(1 << 20, 1L << 50),
      "all ended tasks of the embedded server with their output together; past it the oldest go", is(10L << 30), in(SERVE, WORK));

  // --- named by the product page or the old worker; said to have no effect until their feature exists
  private static final String MAIL = "mail", DISCOVERY = "agent discovery";
  public static final Setting<URI> REDIS_URL = row("redis_url", new Url("redis", "rediss"), "Redis that announces tasks", none(), later("Redis"));
  public static final Setting<Boolean> REGISTER_AS_AGENT = row("register_as_agent", SettingType.YES_NO,
      "be discoverable by other agents", is(true), later(DISCOVERY), "--agent-registration");
  public static final Setting<String> AGENT_NAME = row("agent_name", SettingType.TITLE,
      "the role that tasks can be addressed to", otherwise("the worker's name"), in(OFFER));
  public static final Setting<String> AGENT_DESCRIPTION = row("agent_description", SettingType.TEXT,
      "what other agents read about us", none(), later(DISCOVERY));
  public static final Setting<URI> AGENT_URL = row("agent_url", new Url("https", "http"), "where other agents reach us", none(), later(DISCOVERY));
  public static final Setting<List<String>> MODELS_SUPPORTED = row("models_supported", SettingType.WORDS,
      "models we offer", none(), later(DISCOVERY));
  public static final Setting<URI> MCP_URL = row("mcp_url", new Url("https", "http"),
      "the server's MCP address", otherwise("server_url"), later(DISCOVERY));
  public static final Setting<String> SENDGRID_API_KEY = row("sendgrid_api_key", SettingType.SECRET,
      "SendGrid's key", none(), later(MAIL), "--sendgrid-key", "SENDGRID_API_KEY");
  public static final Setting<String> SENDGRID_FROM_EMAIL = row("sendgrid_from_email", SettingType.MAIL,
      "sender of reports", none(), later(MAIL), "--sendgrid-from", "SENDGRID_FROM_EMAIL");
  public static final Setting<String> NOTIFICATION_EMAIL = row("notification_email", SettingType.MAIL,
      "who gets reports", none(), later(MAIL), "-e", "--email", "NOTIFICATION_EMAIL");
  public static final Setting<String> EMAIL_INBOUND_DOMAIN = row("email_inbound_domain", SettingType.TEXT,
      "domain that receives replies", none(), later(MAIL), "EMAIL_INBOUND_DOMAIN");
  public static final Setting<String> EMAIL_REPLY_PREFIX = row("email_reply_prefix", SettingType.TEXT,
      "local part of reply addresses", is("task"), later(MAIL), "EMAIL_REPLY_PREFIX");
  public static final Setting<Boolean> EMAIL_DRY_RUN = row("email_dry_run", SettingType.YES_NO,
      "log reports instead of sending them", is(false), later(MAIL));
  public static final Setting<Boolean> EMAIL_VERBOSE = row("email_verbose", SettingType.YES_NO, "log more about mail", is(false), later(MAIL));

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

  /** No value, and nothing to say about it. */
  private static <T> Default<T> none() {
    return otherwise("");
  }

  /** No value; the manual says what happens then. */
  private static <T> Default<T> otherwise(String text) {
    return new Default<>(env -> null, text);
  }

  /** A fixed value; the manual shows it as its type does. */
  private static <T> Default<T> is(T value) {
    return new Default<>(env -> value, null);
  }

  private static Scope in(Use... uses) {
    return new Scope(Set.of(uses), false, null);
  }

  private static Scope listed(Use... uses) {
    return new Scope(Set.of(uses), true, null);
  }

  private static Scope later(String feature) {
    return new Scope(Set.of(WORK), false, feature);
  }

  /**
   * Adds a row, and behind a secret's the one that names the file holding it.
   *
   * @param names further flags, variables and JSON keys
   */
  private static <T> Setting<T> row(String key, SettingType<T> type, String help, Default<T> fallback, Scope scope, String... names) {
    var known = fallback.text() != null ? fallback : new Default<>(fallback.value(), type.show(fallback.value().apply(null)));
    var row = new Setting<>(key, type, help, known, scope, List.of(names));
    ROWS.add(row);
    if (row.isSecret()) {
      var files = row.variables().stream().skip(1).map(name -> name + "_FILE").toArray(String[]::new);
      row(key + "_file", SettingType.PATH, "file holding " + key, none(), scope, files);
    }
    return row;
  }
}
