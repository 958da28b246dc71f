package lib.agent;

/** What one line of an agent's output says. */
public sealed interface AgentEvent {

  /** The agent's text, complete. */
  record Said(String text) implements AgentEvent {}

  /**
   * A tool call that is over.
   *
   * @param about its short argument: the command, the file, the pattern; may be empty
   * @param failure why it failed or was refused; null when it went well
   * @param file the file it changed; null for none
   */
  record Used(String tool, String about, String failure, String file) implements AgentEvent {}

  /**
   * A model turn is over.
   *
   * @param reason {@code stop}: it said all it had to; {@code tool-calls}: it wanted to go on; others are cut short
   */
  record Turn(String reason, long tokensIn, long tokensOut, double cost) implements AgentEvent {}

  /**
   * The agent itself failed.
   *
   * @param status the provider's HTTP status, 0 when it told none
   * @param detail what else the provider answered that may tell when to try again; may be empty
   */
  record Failed(String message, int status, String detail) implements AgentEvent {
    public Failed(String message, int status) {
      this(message, status, "");
    }
  }

  /** A line that is no event: text. */
  record Plain(String text) implements AgentEvent {}

  /** An event that says nothing to people. */
  record Quiet() implements AgentEvent {}
}
