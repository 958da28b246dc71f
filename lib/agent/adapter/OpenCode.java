package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Environment;
import lib.core.Json;
import lib.core.PrintableText;

/**
 * The OpenCode command line, under whatever name it is installed: its arguments and its event lines, one JSON object per
 * line with {@code type}, {@code sessionID} and {@code part} or {@code error}.
 */
public final class OpenCode implements Adapter {
  private static final Set<String> EVENTS = Set.of("text", "tool_use", "step_start", "step_finish", "reasoning", "error");
  /** Begins the box in which versions up to 1.0 ask for approval; it becomes another sign once the question is answered. */
  private static final String ASKS = "◆";
  /** Its version is a bare number, as that of many CLIs; only it and what is made from it list this command. */
  private static final Pattern USAGE = Pattern.compile("(?m)^ *\\S+ run \\[message\\.\\.] ");
  private static final Pattern AGENT = Pattern.compile("(?m)^(\\S+) \\((?:primary|subagent|all)\\)$");
  /** The first with {@code --auto}, which approves whatever the agent's own settings do not deny. */
  private static final SemanticVersion APPROVES = new SemanticVersion(1, 18, 0);
  private static final Pattern GONE = Pattern.compile(
      "Session not found|Resource not found:? .*/storage/session/|must start with \\\\?\"ses", Pattern.CASE_INSENSITIVE);
  private static final int MAX_BODY = 4 << 10; // a provider's refusal is a few hundred characters; a proxy's page may be more
  private static final Set<String> CHANGING = Set.of("write", "edit", "multiedit", "patch");

  @Override
  public String kind() {
    return "opencode";
  }

  @Override
  public boolean recognizes(String name, String said) {
    return name.equals("opencode") || name.equals("kilo") || USAGE.matcher(said).find();
  }

  @Override
  public List<String> argv(LaunchSpec ask) {
    var argv = new ArrayList<>(List.of(ask.program().toString(), "run", "--agent", ask.agent(), "--format", "json", "--print-logs",
        "--log-level", "ERROR")); // while it tries a provider again and again, only its log tells why it is silent
    argv.addAll(Adapter.option("--model", ask.model()));
    argv.addAll(Adapter.option("--session", ask.session()));
    if (ask.approval() == Approval.ALL && APPROVES.isIn(ask.version())) {
      argv.add("--auto");
    }
    return argv;
  }

  @Override
  public boolean argvDependsOnVersion(Approval approval) {
    return approval == Approval.ALL;
  }

  @Override
  public AgentEvent parseStderr(String line) {
    return OpenCodeLog.read(line);
  }

  /** Versions up to 1.1 only print a trace, with the file that they miss or the id that they find malformed. */
  @Override
  public boolean isSessionNotFound(String words) {
    return GONE.matcher(words).find();
  }

  @Override
  public List<String> modelsArgv(Path program) {
    return List.of(program.toString(), "models");
  }

  @Override
  public Set<String> ownAgents() {
    return Set.of("build", "plan", "general", "explore");
  }

  @Override
  public List<String> agentsArgv(Path program) {
    return List.of(program.toString(), "agent", "list");
  }

  /** Names and kinds; in later versions what each may do follows, indented. */
  @Override
  public List<String> agents(String printed) {
    return AGENT.matcher(printed).results().map(found -> found.group(1)).toList();
  }

  @Override
  public List<Path> modelSources(Environment env) {
    return List.of(env.xdg("XDG_DATA_HOME", ".local/share").resolve("opencode/auth.json"),
        env.xdg("XDG_CONFIG_HOME", ".config").resolve("opencode/opencode.json"),
        env.xdg("XDG_CONFIG_HOME", ".config").resolve("opencode/opencode.jsonc"));
  }

  /** Other JSON, a program's own output, is no event. */
  @Override
  public Line parseLine(String line) {
    if (line.startsWith("{")) {
      var object = Json.readObject(line);
      var session = object.map(o -> Json.text(o, "sessionID", "session_id", "sessionId")).orElse(null);
      var type = object.map(o -> Json.text(o, "type")).orElse(null);
      if (type != null && (EVENTS.contains(type) || session != null || object.get().path("part").isObject())) {
        return new Line(events(object.get()), session);
      }
    }
    var plain = PrintableText.withoutEscapes(line);
    return plain.startsWith(ASKS) ? Line.of(new AgentEvent.Question(plain, plain.substring(ASKS.length()).strip()), null)
        : plain.startsWith("│") || plain.startsWith("└") ? Line.of(new AgentEvent.Question(plain, null), null) : Line.plain(line);
  }

  private static List<AgentEvent> events(JsonNode line) {
    var part = line.path("part");
    return switch (line.path("type").asText()) {
      case "text" -> List.of(new AgentEvent.Text(part.path("text").asText()));
      case "tool_use" -> tool(part);
      case "step_finish" -> List.of(turn(part));
      case "error" -> List.of(failure(line.path("error")));
      default -> List.of(new AgentEvent.Ignored());
    };
  }

  /** A total, which later versions give, settles whether the output holds the reasoning: that differs. */
  private static AgentEvent turn(JsonNode part) {
    var tokens = part.path("tokens");
    var cache = tokens.path("cache");
    var in = tokens.path("input").asLong() + cache.path("write").asLong();
    var out = tokens.path("output").asLong();
    return new AgentEvent.TurnEnded(part.path("reason").asText(), in,
        Math.max(out, tokens.path("total").asLong() - in - cache.path("read").asLong()), part.path("cost").asDouble());
  }

  /** A tool that does not exist is the tool {@code invalid}, and good. A patch tells its files only in what it did. */
  private static List<AgentEvent> tool(JsonNode part) {
    var state = part.path("state");
    var input = state.path("input");
    var name = part.path("tool").asText("tool");
    var isUnknown = name.equals("invalid");
    var failure = isUnknown ? Json.text(input, "error") : !state.path("status").asText().equals("error") ? null
        : Objects.requireNonNullElse(Json.text(state, "error"), "failed");
    var files = failure != null ? List.<String>of() : CHANGING.contains(name)
        ? Stream.ofNullable(Json.text(input, "filePath", "file_path", "path")).toList()
        : state.path("metadata").path("files").valueStream().map(file -> Json.text(file, "movePath", "filePath")).filter(Objects::nonNull).toList();
    var about = isUnknown ? input.path("tool").asText() : AgentEvent.ToolCall.about(input);
    var call = new AgentEvent.ToolCall(name, about.isEmpty() ? String.join(", ", files) : about, failure);
    return Stream.<AgentEvent>concat(Stream.of(call), files.stream().map(AgentEvent.FileChanged::new)).toList();
  }

  private static AgentEvent failure(JsonNode error) {
    if (error.isTextual()) {
      return new AgentEvent.AgentError(error.asText(), 0);
    }
    var data = error.path("data");
    var message = Json.text(data, "message");
    var name = Json.text(error, "message", "name");
    return new AgentEvent.AgentError(message != null ? message : name != null ? name : "the agent reported an error",
        data.path("statusCode").asInt(0), detail(data));
  }

  static String detail(JsonNode data) {
    var detail = new StringBuilder();
    for (var header : new String[] {"retry-after-ms", "retry-after"}) {
      var value = Json.text(data.path("responseHeaders"), header);
      detail.append(value == null ? "" : header + ": " + value + "\n");
    }
    var body = data.path("responseBody").asText();
    return detail.append(body, 0, Math.min(body.length(), MAX_BODY)).toString();
  }
}
