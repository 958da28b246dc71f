package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Environment;
import lib.core.Json;
import lib.core.PrintableText;
import lib.protocol.Task;

/**
 * The Codex CLI: its arguments, and the lines of {@code codex exec --json}, one JSON object each with {@code type}. The session is
 * in {@code thread.started} alone. {@code error} lines are what it tries to get over, items of that type what it does without; only
 * {@code turn.failed} ends it.
 */
public final class Codex implements Adapter {
  private static final Pattern TYPE = Pattern.compile("(thread|turn|item)\\.[a-z_.]+|error");
  /** Every command is run by a shell, which says nothing about it. */
  private static final Pattern SHELL = Pattern.compile("(?:/\\S*/)?(?:ba|z|da)?sh -l?c (['\"]?)(.*)\\1", Pattern.DOTALL);

  @Override
  public String kind() {
    return "codex";
  }

  @Override
  public boolean recognizes(String name, String version) {
    return name.equals("codex") || version.startsWith("codex-cli ");
  }

  /** {@code resume} takes no sandbox, so that all options stand before it. */
  @Override
  public List<String> argv(LaunchSpec ask) {
    var argv = new ArrayList<>(List.of(ask.program().toString(), "exec", "--json", "--skip-git-repo-check"));
    argv.addAll(model(ask.model()));
    argv.addAll(ask.agent().equals("plan") ? List.of("--sandbox", "read-only") : switch (ask.approval()) {
      case CONFIGURED -> List.of();
      case EDITS -> List.of("--sandbox", "workspace-write");
      case ALL -> List.of("--dangerously-bypass-approvals-and-sandbox");
    });
    argv.addAll(Adapter.option("resume", ask.session()));
    argv.add("-"); // the prompt is its input
    return argv;
  }

  /** The catalogue that it ships with: a login may have fewer, and its config more. */
  @Override
  public List<String> modelsArgv(Path program) {
    return List.of(program.toString(), "debug", "models");
  }

  @Override
  public List<String> models(String printed) {
    var catalogue = Json.readObject(printed.strip()).orElseGet(Json::object);
    return catalogue.path("models").valueStream().filter(model -> !model.path("visibility").asText().equals("hide"))
        .map(model -> "openai/" + model.path("slug").asText()).toList();
  }

  @Override
  public boolean takesOnlyListedModels() {
    return false;
  }

  @Override
  public List<Path> modelSources(Environment env) {
    var home = env.path(env.var("CODEX_HOME") == null ? "~/.codex" : env.var("CODEX_HOME"), env.cwd());
    return List.of(home.resolve("auth.json"), home.resolve("config.toml"));
  }

  /** @param model {@code provider/model}: other providers than OpenAI are those of its config file */
  private static List<String> model(String model) {
    if (model == null) {
      return List.of();
    }
    var cut = model.indexOf('/');
    var provider = cut < 0 ? "openai" : model.substring(0, cut);
    var name = model.substring(cut + 1);
    return provider.equals("openai") ? List.of("--model", name) : List.of("-c", "model_provider=\"" + provider + "\"", "--model", name);
  }

  /** It takes an id that is no UUID for a name; where no session has that name it starts a new one silently. */
  @Override
  public boolean isSessionNotFound(String words) {
    return words.contains("no rollout found for thread id");
  }

  /** The words that servers use. All but {@code plan} mean the same to it. */
  @Override
  public Set<String> ownAgents() {
    return Task.AGENT_TYPES;
  }

  @Override
  public Line parseLine(String line) {
    var object = line.startsWith("{") ? Json.readObject(line).orElse(null) : null;
    var type = object == null ? null : Json.text(object, "type");
    if (type == null || !TYPE.matcher(type).matches()) {
      return Line.plain(PrintableText.withoutEscapes(line));
    }
    var item = object.path("item");
    var events = switch (type) {
      case "turn.completed" -> List.<AgentEvent>of(turn(object.path("usage")));
      case "turn.failed" -> List.<AgentEvent>of(new AgentEvent.AgentError(message(object.path("error")), 0));
      case "error" -> List.<AgentEvent>of(new AgentEvent.Retrying(message(object)));
      case "thread.started" -> List.<AgentEvent>of(new AgentEvent.CountsSession());
      case "item.started" -> started(item);
      case "item.completed" -> completed(item);
      default -> List.<AgentEvent>of();
    };
    return new Line(events.isEmpty() ? List.of(new AgentEvent.Ignored()) : events, Json.text(object, "thread_id"));
  }

  /** @param usage what was read from the cache is in its input */
  private static AgentEvent turn(JsonNode usage) {
    var in = Math.max(0, usage.path("input_tokens").asLong() - usage.path("cached_input_tokens").asLong());
    return new AgentEvent.TurnEnded(AgentEvent.TurnEnded.STOP, in, usage.path("output_tokens").asLong(), 0, true);
  }

  private static List<AgentEvent> started(JsonNode item) {
    return switch (item.path("type").asText()) {
      case "command_execution" -> List.of(new AgentEvent.ToolCall("shell", command(item), null));
      case "mcp_tool_call" -> List.of(new AgentEvent.ToolCall(tool(item), AgentEvent.ToolCall.about(item.path("arguments")), null));
      default -> List.of();
    };
  }

  private static List<AgentEvent> completed(JsonNode item) {
    return switch (item.path("type").asText()) {
      case "agent_message" -> List.of(new AgentEvent.Text(item.path("text").asText()));
      case "command_execution" -> !item.path("status").asText().equals("declined") ? List.of() // an exit code is the command's own
          : List.of(new AgentEvent.ToolCall("shell", command(item), "it was not allowed"));
      case "file_change" -> changes(item);
      case "mcp_tool_call" -> !item.path("status").asText().equals("failed") ? List.of()
          : List.of(new AgentEvent.ToolCall(tool(item), AgentEvent.ToolCall.about(item.path("arguments")), message(item.path("error"))));
      case "web_search" -> List.of(new AgentEvent.ToolCall("web_search", AgentEvent.ToolCall.about(item), null));
      case "error" -> List.of(new AgentEvent.Notice(message(item))); // as that it knows nothing of the model's size
      default -> List.of();
    };
  }

  private static List<AgentEvent> changes(JsonNode item) {
    var failed = item.path("status").asText().equals("failed");
    return item.path("changes").valueStream().<AgentEvent>flatMap(change -> {
      var file = change.path("path").asText();
      var call = new AgentEvent.ToolCall(change.path("kind").asText("edit"), file, failed ? "failed" : null);
      return failed ? Stream.of(call) : Stream.of(call, new AgentEvent.FileChanged(file));
    }).toList();
  }

  private static String tool(JsonNode item) {
    return item.path("server").asText() + "." + item.path("tool").asText();
  }

  private static String command(JsonNode item) {
    var command = item.path("command").asText();
    var shell = SHELL.matcher(command);
    return shell.matches() ? shell.group(2) : command;
  }

  /** What a provider answered is passed on as it came, often as JSON. */
  private static String message(JsonNode error) {
    var message = error.isTextual() ? error.asText() : error.path("message").asText();
    var inner = message.startsWith("{") ? Json.readObject(message).orElse(null) : null;
    var said = inner == null ? null : Json.text(inner.path("error"), "message") != null ? Json.text(inner.path("error"), "message")
        : Json.text(inner, "message", "detail");
    return said != null ? said : message.isBlank() ? "the agent reported an error" : message;
  }
}
