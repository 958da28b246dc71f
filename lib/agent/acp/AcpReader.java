package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter.Line;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.Awaited;
import lib.core.Json;
import lib.core.PrintableText;
import lib.core.Suggestions;

/**
 * Reads the messages of an agent from the first one on, and says after each what people see and what the worker has to send. It
 * sends nothing itself and depends on nothing but the attempt's folder, so that every reader comes to the same messages. Not
 * thread-safe.
 */
final class AcpReader implements Function<String, Line> {
  /** Begins the error of an agent that does not load the session. */
  static final String NOT_LOADED = "the agent does not load the session: ";

  private static final String REPLAYED = "replayed";
  private static final int AUTHENTICATION_REQUIRED = -32000;
  private static final int NEAREST = 5; // names that a message can hold
  /** An agent that gives its provider's refusal as its answer says nothing else. */
  private static final int MAX_REFUSAL = 300;
  private static final Pattern REFUSAL = Pattern.compile("exceeded retry limit\\b|^\\W*(api )?error\\b.*\\b(429|too many requests)\\b",
      Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final Path attempt;
  private Optional<AcpPlan> plan = Optional.empty();
  private String session; // null until it is begun or loaded
  private ToolCalls tools;
  private Usage usage;
  private boolean hasTools;
  private final StringBuilder text = new StringBuilder(); // the beginning
  private String message = ""; // the id of the message whose text came last
  private boolean isLineOpen;
  private int lines;
  private ObjectNode prompt; // of a loaded session, while the agent may still repeat that; else null
  private int replayed; // the lines before the prompt was sent; -1 while it was not
  private final Deque<ObjectNode> next = new ArrayDeque<>(); // to be sent one after the other

  AcpReader(Path attempt) {
    this.attempt = attempt;
    begin();
  }

  /** A run begins: the first, or one without the session that is not there. */
  private void begin() {
    plan = AcpPlan.read(attempt);
    session = null;
    tools = new ToolCalls();
    usage = new Usage();
    hasTools = false;
    text.setLength(0);
    isLineOpen = false;
    prompt = null;
    replayed = -1;
    next.clear();
  }

  @Override
  public Line apply(String line) {
    lines++;
    var read = line.startsWith("{") ? Json.readObject(line).filter(object -> object.has("method") || object.has("id")) : Optional.<ObjectNode>empty();
    if (read.isEmpty()) {
      return Line.plain(PrintableText.withoutEscapes(line));
    }
    var object = read.get();
    var events = Call.answeredBy(object).map(call -> answered(call, object)).orElseGet(() -> switch (object.path("method").asText()) {
      case "session/update" -> update(object.path("params"));
      case "session/request_permission" -> permission(object);
      default -> object.has("method") && object.has("id") ? List.of(new Awaited(Call.unknown(object))) : List.<AgentEvent>of();
    });
    return new Line(events.isEmpty() ? List.of(new AgentEvent.Ignored()) : events, session);
  }

  private List<AgentEvent> answered(Call call, JsonNode answer) {
    if (answer.hasNonNull("error") && call != Call.MODE) {
      return ended(error(call, answer.path("error")));
    }
    var result = answer.path("result");
    return switch (call) {
      case INITIALIZE -> initialized(result);
      case NEW, LOAD -> {
        session = call == Call.NEW ? Json.text(result, "sessionId") : plan.map(AcpPlan::session).orElse(null);
        yield plan.map(to -> prompt(to, result)).orElse(List.of());
      }
      case MODEL, MODE -> next.isEmpty() ? List.of() : List.of(new Awaited(next.removeFirst()));
      case PROMPT -> ended(end(result));
    };
  }

  private List<AgentEvent> initialized(JsonNode result) {
    begin();
    var info = result.path("agentInfo");
    var name = Stream.of(Json.text(info, "name"), Json.text(info, "version")).filter(Objects::nonNull).collect(Collectors.joining(" "));
    var events = new ArrayList<AgentEvent>(name.isEmpty() ? List.of() : List.of(new AgentEvent.Introduced(name)));
    if (result.path("protocolVersion").asInt() != Call.PROTOCOL) {
      events.addAll(ended(new AgentError("the agent speaks another version of ACP than " + Call.PROTOCOL, 0)));
    } else if (plan.isPresent() && plan.get().session() != null && !result.path("agentCapabilities").path("loadSession").asBoolean()) {
      events.addAll(ended(new AgentError("the agent cannot continue a session: it offers no session/load", 0)));
    } else {
      plan.ifPresent(to -> {
        var params = Json.object().put("cwd", to.directory().toString());
        params.putArray("mcpServers");
        events.add(new Awaited(to.session() == null ? Call.NEW.message(params) : Call.LOAD.message(params.put("sessionId", to.session()))));
      });
    }
    return events;
  }

  /** Sets the model and the mode, then asks. @param offer what the agent has of both */
  private List<AgentEvent> prompt(AcpPlan to, JsonNode offer) {
    if (to.model() != null) {
      var models = Choice.of(offer, Call.MODEL);
      var model = models.find(to.model());
      if (model.isEmpty()) {
        return ended(new AgentError(models.names().isEmpty() ? "the agent offers no choice of models over ACP, and the task asks for " + to.model()
            : "the agent does not know the model " + to.model() + "; the nearest it offers: "
            + String.join(", ", Suggestions.of(to.model(), models.names().keySet(), NEAREST)), 0));
      }
      next.add(models.message(session, model.get()));
    }
    var modes = Choice.of(offer, Call.MODE);
    modes.find(to.agent()).filter(mode -> !mode.equals(modes.current())).ifPresent(mode -> next.add(modes.message(session, mode)));
    try {
      var params = Json.object().put("sessionId", session);
      params.putArray("prompt").addObject().put("type", "text").put("text", Files.readString(attempt.resolve("prompt")));
      if (to.session() != null) {
        params.putObject("_meta").put(REPLAYED, lines);
      }
      next.add(Call.PROMPT.message(params));
      prompt = to.session() == null ? null : next.getLast();
    } catch (IOException e) {
      return ended(new AgentError("the worker cannot read the prompt: " + e.getMessage(), 0));
    }
    return List.of(new Awaited(next.removeFirst()));
  }

  /** What an agent says before the session is there is an old session's; what it says of others is a sub-agent's. */
  private List<AgentEvent> update(JsonNode params) {
    var update = params.path("update");
    if (!params.path("sessionId").asText().equals(session) || prompt != null && isReplay()) {
      return List.of();
    }
    usage.add(update);
    return switch (update.path("sessionUpdate").asText()) {
      case "agent_message_chunk" -> chunk(update.path("content").path("text").asText(), update.path("messageId").asText());
      case "tool_call", "tool_call_update" -> afterLine(tools.add(update, false));
      default -> List.of(); // thoughts, plans, commands, and what later versions think of
    };
  }

  /** Some agents repeat an old session after they have said that it is loaded. The sent prompt has the number of the lines before it. */
  private boolean isReplay() {
    try (var sent = replayed < 0 ? Files.lines(attempt.resolve(Adapter.SENT)) : Stream.<String>empty()) {
      replayed = sent.flatMap(line -> Json.readObject(line).stream()).mapToInt(AcpReader::replayed).max().orElse(replayed);
    } catch (IOException e) {
      return false; // somebody deleted the file
    }
    if (replayed < 0) {
      prompt.withObject("/params/_meta").put(REPLAYED, lines);
    }
    return replayed < 0 || lines <= replayed;
  }

  /** How many lines the agent had said before this prompt of an old session; -1 for other messages. */
  static int replayed(JsonNode message) {
    return message.path("params").path("_meta").path(REPLAYED).asInt(-1);
  }

  private List<AgentEvent> chunk(String words, String id) {
    if (words.isEmpty()) {
      return List.of();
    }
    var events = new ArrayList<>(isLineOpen && !id.equals(message) ? List.of(new AgentEvent.TextChunk("\n")) : List.<AgentEvent>of());
    message = id;
    isLineOpen = !words.endsWith("\n");
    if (text.length() <= MAX_REFUSAL) {
      text.append(words);
    }
    events.add(new AgentEvent.TextChunk(words));
    return events;
  }

  /** These events, on a line of their own. */
  private List<AgentEvent> afterLine(List<AgentEvent> events) {
    var all = new ArrayList<>(isLineOpen && !events.isEmpty() ? List.of(new AgentEvent.TextChunk("\n")) : List.<AgentEvent>of());
    isLineOpen &= events.isEmpty();
    hasTools |= !events.isEmpty();
    all.addAll(events);
    return all;
  }

  /** Nobody is there to ask: what the task's approval leaves open is refused. */
  private List<AgentEvent> permission(JsonNode call) {
    var params = call.path("params");
    var tool = params.path("toolCall");
    var id = tool.path("toolCallId").asText();
    var events = afterLine(tools.add(tool, true));
    var isAllowed = plan.filter(to -> to.approval() == Approval.ALL
        || to.approval() == Approval.EDITS && tools.isEditBelow(id, to.directory())).isPresent();
    var option = Stream.of("_once", "_always").flatMap(often -> params.path("options").valueStream()
        .filter(offered -> offered.path("kind").asText().equals((isAllowed ? "allow" : "reject") + often))).findFirst();
    var result = Json.object();
    result.putObject("outcome").put("outcome", option.isPresent() ? "selected" : "cancelled")
        .setAll(option.map(offered -> Json.object().<ObjectNode>set("optionId", offered.path("optionId"))).orElseGet(Json::object));
    events.add(new Awaited(Call.answer(call, result)));
    if (!isAllowed || option.isEmpty()) {
      events.add(new AgentEvent.ToolDenied(id));
    }
    return events;
  }

  private AgentEvent end(JsonNode result) {
    var reason = result.path("stopReason").asText("none");
    var isRefusal = !hasTools && text.length() <= MAX_REFUSAL && REFUSAL.matcher(text).find();
    return isRefusal ? new AgentError(text.toString(), 429) : usage.end(result, reason.equals("end_turn") ? AgentEvent.TurnEnded.STOP : reason);
  }

  private static AgentError error(Call call, JsonNode error) {
    var message = error.path("message").asText("the agent reported an error");
    var data = error.path("data").isTextual() ? error.path("data").asText() : Json.text(error.path("data"), "details", "message", "error");
    var words = data == null || message.contains(data) ? message : message + ": " + data;
    var code = error.path("code").asInt();
    return call == Call.LOAD && code != AUTHENTICATION_REQUIRED ? new AgentError(NOT_LOADED + words, 0)
        : code >= 400 && code < 600 ? new AgentError(words, code) : new AgentError(words, 0); // some give their provider's status
  }

  private static List<AgentEvent> ended(AgentEvent how) {
    return List.of(how, new Awaited(null));
  }
}
