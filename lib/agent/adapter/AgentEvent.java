package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/** What one line of an agent's output says. */
public sealed interface AgentEvent {

  /** The agent's text, complete. */
  record Text(String text) implements AgentEvent {}

  /** A piece of the agent's text as it comes; its lines end where it says so. */
  record TextChunk(String text) implements AgentEvent {}

  /** What the agent calls itself: its name and version. */
  record Introduced(String name) implements AgentEvent {}

  /**
   * The agent waits for a message.
   *
   * @param message null when there is nothing more to send
   */
  record Awaited(ObjectNode message) implements AgentEvent {}

  /**
   * A tool call. Where an agent reports start and end apart, the end is an event only when the call failed.
   *
   * @param about its short argument: the command, the file, the pattern; may be empty
   * @param failure why it failed or was refused; null when it went well
   * @param call the call's id, where an agent reports start and end apart; else null
   */
  record ToolCall(String tool, String about, String failure, String call) implements AgentEvent {
    public ToolCall(String tool, String about, String failure) {
      this(tool, about, failure, null);
    }

    /** What a tool runs, reads, writes or looks for, under the names that the CLIs' own tools use; empty when it has none. */
    public static String about(JsonNode input) {
      return Objects.toString(Json.text(input, "command", "cmd", "filePath", "file_path", "notebook_path", "path", "pattern", "url", "query",
          "description"), "");
    }
  }

  /** A tool call was not allowed, where the agent reports that apart. */
  record ToolDenied(String call) implements AgentEvent {}

  /**
   * A file was changed by a tool call.
   *
   * @param file as the agent names it
   */
  record FileChanged(String file) implements AgentEvent {}

  /**
   * A task that goes on behind the agent's turns began or ended.
   *
   * @param id which one
   */
  record BackgroundTask(String id, boolean isOpen) implements AgentEvent {}

  /** The tokens and the cost at the end will be those of the whole session, with earlier tasks. */
  record CountsSession() implements AgentEvent {}

  /**
   * A model turn is over. Its tokens and cost are of this turn; of all up to here when it is the last.
   *
   * @param reason {@link #STOP}, {@link #TOOLS}; others are cut short
   * @param tokensIn without those that came from a cache
   * @param tokensOut with those of reasoning
   * @param last whether the agent says that it has ended altogether, not only this turn; it may come back to what it left running
   */
  record TurnEnded(String reason, long tokensIn, long tokensOut, double cost, boolean last) implements AgentEvent {
    public TurnEnded(String reason, long tokensIn, long tokensOut, double cost) {
      this(reason, tokensIn, tokensOut, cost, false);
    }

    /** It said all it had to. */
    public static final String STOP = "stop";
    /** It called tools and wanted another turn. */
    public static final String TOOLS = "tool-calls";
  }

  /**
   * The agent itself failed.
   *
   * @param status the provider's HTTP status, else the one that stands in the message, else 0
   * @param detail what else the provider answered that may tell when to try again; may be empty
   */
  record AgentError(String message, int status, String detail) implements AgentEvent {
    private static final Pattern STATUS = Pattern.compile("\\b(?:status|error|http\\S{0,6})\\W{0,3}(?:code\\W{0,3})?([45]\\d\\d)\\b",
        Pattern.CASE_INSENSITIVE);

    public AgentError {
      var said = STATUS.matcher(message).region(0, Math.min(message.length(), 8 << 10)); // more is no message
      status = status == 0 && said.find() ? Integer.parseInt(said.group(1)) : status;
    }

    public AgentError(String message, int status) {
      this(message, status, "");
    }
  }

  /**
   * The agent met with something that it tries to get over by itself.
   *
   * @param trouble what it has failed with if it does not
   */
  record Retrying(AgentError trouble) implements AgentEvent {
    public Retrying(String message) {
      this(new AgentError(message, 0));
    }
  }

  /** A notice of the agent that stops nothing. */
  record Notice(String message) implements AgentEvent {}

  /**
   * The agent neither works nor ends by itself.
   *
   * @param reason the verdict's word
   * @param message why, for people
   */
  record Hung(String reason, String message) implements AgentEvent {}

  /**
   * A line of a question that waits for a person.
   *
   * @param text the line
   * @param question what is asked; null in the lines after the first, which hold the answers to choose from
   */
  record Question(String text, String question) implements AgentEvent {}

  /** A line that is no event: text. */
  record RawLine(String text) implements AgentEvent {}

  /** An event that says nothing to people. */
  record Ignored() implements AgentEvent {}
}
