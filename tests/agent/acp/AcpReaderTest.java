package tests.agent.acp;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.acp.Acp;
import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter.LaunchSpec;
import lib.agent.adapter.Adapter.Line;
import lib.agent.adapter.AgentEvent;
import lib.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the messages of agents mean, in the forms of OpenCode, Gemini CLI and Qwen Code, and what the worker sends after them. */
class AcpReaderTest {
  @TempDir
  Path attempt;
  private Function<String, Line> reader;

  @BeforeEach
  void prepare() throws IOException {
    Files.writeString(attempt.resolve("prompt"), "do it");
    plan("build", null, Approval.EDITS);
  }

  private void plan(String agent, String model, Approval approval, String... args) throws IOException {
    var ask = new LaunchSpec(Path.of("/bin/agent"), null, agent, model, null, approval, List.of(args), "do it", attempt.resolve("prompt"), Path.of("/w"));
    assertThat(new Acp().prepareMessages(ask, attempt)).isTrue();
    reader = new Acp().reader(attempt);
  }

  private List<AgentEvent> read(String line) {
    return reader.apply(line.strip().replace("\n", "")).events();
  }

  private List<AgentEvent> update(String fields) {
    return read("{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s\",\"update\":{" + fields + "}}}");
  }

  /** The message that the worker sends after a line, without what is in all of them. */
  private String sent(String line) {
    return read(line).stream().flatMap(event -> event instanceof AgentEvent.Awaited(var message) ? Stream.of(message) : Stream.empty())
        .map(message -> Json.write(message).replace("\"jsonrpc\":\"2.0\",", "")).collect(Collectors.joining("\n"));
  }

  private static final String INITIALIZED = "{\"id\":0,\"result\":{\"protocolVersion\":1,\"agentInfo\":{\"name\":\"Made\",\"version\":\"1\"}}}";

  private static String begun(String more) {
    return "{\"id\":1,\"result\":{\"sessionId\":\"s\"" + more + "}}";
  }

  @Test
  void beginsASessionAndAsks() throws IOException {
    assertThat(attempt.resolve("sent")).content().endsWith("\"id\":0}\n").contains("\"protocolVersion\":1", "\"terminal\":false");
    assertThat(sent(INITIALIZED)).isEqualTo("{\"method\":\"session/new\",\"params\":{\"cwd\":\"/w\",\"mcpServers\":[]},\"id\":1}");
    assertThat(sent(begun(""))).isEqualTo("{\"method\":\"session/prompt\",\"params\":{\"sessionId\":\"s\",\"prompt\":[{\"type\":\"text\",\"text\":\"do it\"}]},\"id\":5}");
    assertThat(reader.apply("{\"method\":\"x\"}")).isEqualTo(new Line(List.of(new AgentEvent.Ignored()), "s"));
  }

  @Test
  void setsModelAndModeOneAfterTheOtherWhereTheyAreOptions() throws IOException {
    plan("plan", "openai/small", Approval.EDITS);
    read(INITIALIZED);
    assertThat(sent(begun("""
        ,"configOptions":[{"id":"m","category":"model","options":[{"group":"g","options":[{"value":"$x|small(y)","name":"small"}]}]},
        {"id":"mode","currentValue":"build","options":[{"value":"build"},{"value":"plan"}]}]"""))).isEqualTo(
        "{\"method\":\"session/set_config_option\",\"params\":{\"sessionId\":\"s\",\"configId\":\"m\",\"value\":\"$x|small(y)\"},\"id\":3}");
    assertThat(sent("{\"id\":3,\"result\":{}}")).isEqualTo(
        "{\"method\":\"session/set_config_option\",\"params\":{\"sessionId\":\"s\",\"configId\":\"mode\",\"value\":\"plan\"},\"id\":4}");
    assertThat(sent("{\"id\":4,\"error\":{\"code\":-32601}}")).as("a mode that cannot be set holds up nothing").contains("session/prompt");
  }

  @Test
  void asksForNoModelThatStandsInTheArguments() throws IOException {
    plan("build", "p/m", Approval.EDITS, "--model", "{model}");
    read(INITIALIZED);
    assertThat(sent(begun(""))).contains("session/prompt");
  }

  @Test
  void breaksTheLineBetweenMessagesAndBeforeATool() {
    read(INITIALIZED);
    assertThat(update("\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"text\":\"early\"}")).containsExactly(new AgentEvent.Ignored());
    read(begun(""));
    var texts = new StringBuilder();
    for (var fields : List.of("\"agent_message_chunk\",\"messageId\":\"a\",\"content\":{\"text\":\"on\"}",
        "\"agent_thought_chunk\",\"content\":{\"text\":\"hm\"}", "\"agent_message_chunk\",\"messageId\":\"a\",\"content\":{\"text\":\"e\"}",
        "\"agent_message_chunk\",\"messageId\":\"b\",\"content\":{\"text\":\"two\\n\"}", "\"agent_message_chunk\",\"messageId\":\"c\",\"content\":{\"text\":\"three\"}",
        "\"tool_call\",\"toolCallId\":\"1\",\"kind\":\"read\",\"title\":\"a.txt\",\"status\":\"completed\"")) {
      update("\"sessionUpdate\":" + fields).forEach(event -> texts.append(event instanceof AgentEvent.TextChunk(var text) ? text
          : event instanceof AgentEvent.ToolCall call ? "[" + call.tool() + "] " + call.about() : ""));
    }
    assertThat(texts).hasToString("one\ntwo\nthree\n[read] a.txt");
  }

  @Test
  void gathersAToolCallFromItsMessages() {
    read(INITIALIZED);
    read(begun(""));
    assertThat(update("\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"1\",\"kind\":\"edit\",\"title\":\"write\",\"status\":\"pending\",\"rawInput\":{}"))
        .containsExactly(new AgentEvent.Ignored());
    assertThat(update("\"sessionUpdate\":\"tool_call_update\",\"toolCallId\":\"1\",\"status\":\"in_progress\",\"rawInput\":{\"filePath\":\"/w/a\"},"
        + "\"locations\":[{\"path\":\"/w/a\"}]")).containsExactly(new AgentEvent.ToolCall("edit", "/w/a", null, "1"));
    assertThat(update("\"sessionUpdate\":\"tool_call_update\",\"toolCallId\":\"1\",\"status\":\"completed\",\"content\":[{\"type\":\"diff\",\"path\":\"/w/b\"}]"))
        .containsExactly(new AgentEvent.FileChanged("/w/a"), new AgentEvent.FileChanged("/w/b"));
  }

  @Test
  void readsWhatARunTookWhereverTheAgentTellsIt() {
    assertThat(end("", "\"usage\":{\"inputTokens\":100,\"outputTokens\":20,\"thoughtTokens\":3,\"cachedReadTokens\":60}")).isEqualTo("100 23 0.0");
    assertThat(end("", "\"_meta\":{\"quota\":{\"token_count\":{\"input_tokens\":7,\"output_tokens\":2}}}")).isEqualTo("7 2 0.0");
    assertThat(end("\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"text\":\"\"},\"_meta\":{\"usage\":{\"inputTokens\":5,\"outputTokens\":1}}", "\"x\":0"))
        .as("at each turn").isEqualTo("10 2 0.0");
    assertThat(end("\"sessionUpdate\":\"usage_update\",\"cost\":{\"amount\":0.25,\"currency\":\"USD\"}", "\"x\":0")).isEqualTo("0 0 0.25");
  }

  private String end(String update, String result) {
    read(INITIALIZED);
    read(begun(""));
    update(update);
    update(update);
    var turn = (AgentEvent.TurnEnded) read("{\"id\":5,\"result\":{\"stopReason\":\"end_turn\"," + result + "}}").getFirst();
    assertThat(turn.reason()).isEqualTo(AgentEvent.TurnEnded.STOP);
    return turn.tokensIn() + " " + turn.tokensOut() + " " + turn.cost();
  }

  @Test
  void grantsOnceWhatTheApprovalSays() throws IOException {
    var granted = new ArrayList<String>();
    for (var approval : Approval.values()) {
      plan("build", null, approval);
      read(INITIALIZED);
      read(begun(""));
      for (var call : List.of("\"kind\":\"edit\",\"locations\":[{\"path\":\"a.txt\"}]", "\"kind\":\"edit\"", "\"kind\":\"execute\"")) {
        granted.add(sent("{\"id\":\"q\",\"method\":\"session/request_permission\",\"params\":{\"toolCall\":{\"toolCallId\":\"" + granted.size() + "\"," + call
            + "},\"options\":[{\"optionId\":\"ever\",\"kind\":\"allow_always\"},{\"optionId\":\"once\",\"kind\":\"allow_once\"},"
            + "{\"optionId\":\"never\",\"kind\":\"reject_always\"}]}}").replaceAll(".*\"optionId\":\"(\\w+)\".*", "$1"));
      }
    }
    assertThat(granted).as("configured, edits, all: an edit here, one somewhere, a command").containsExactly("never", "never", "never",
        "once", "never", "never", "once", "once", "once");
  }
}
