package lib.agent.output;

import module java.base;
import lib.agent.adapter.AgentEvent.AgentError;

/** What a person can do about an error that an agent reports, where its words or its provider's status tell. */
public final class ErrorHints {
  private record Row(Pattern words, int status, String what) {
    Row(String words, int status, String what) {
      this(Pattern.compile(words, Pattern.CASE_INSENSITIVE), status, what);
    }
  }

  private static final List<Row> ROWS = List.of(
      new Row("not logged in|please run /login|unauthori[sz]ed|authentication[_ ](failed|error|required)"
          + "|(invalid|incorrect|missing|no) api[ -]?key|api[ -]?key( is)? (missing|invalid|not found|not set)"
          + "|missing environment variable|(token|login|credentials?) (has |have )?expired|vault login", 401,
          "log the agent in as the user that the worker runs as, or give it a key in a variable that agents inherit (agent_env)"),
      new Row("waiting for network|error sending request|connection (refused|failed|timed out)|could not (connect|resolve)"
          + "|unable to connect|network is unreachable|E(CONNREFUSED|NOTFOUND|HOSTUNREACH|TIMEDOUT)|EAI_AGAIN", 0,
          "see whether this machine reaches the agent's provider: its network, its proxy variables, its address in the agent's config"),
      new Row("model\\b.{0,80}(not found|not exist|not supported|unknown)|(unknown|invalid|does not know the) model"
          + "|provider\\b.{0,40} not found", 0,
          "give the task a model that the agent has on this machine"));

  private ErrorHints() {}

  /**
   * The message with what to do behind it; as it is when nothing is known to.
   *
   * @param status the provider's HTTP status, 0 when it gave none but in the message
   */
  public static String on(String message, int status) {
    return hint(message, status).map(what -> message.replaceFirst("[.!;\\s]+$", "") + "; " + what).orElse(message);
  }

  /** The message with another behind it that explains it, unless one of them says the same as the other. */
  public static String explained(String message, String why) {
    return why == null || message.contains(why) || hint(message, 0).isPresent() && hint(message, 0).equals(hint(why, 0)) ? message
        : why.contains(message) ? why : message.replaceFirst("[.!;\\s]+$", "") + ": " + why;
  }

  private static Optional<String> hint(String message, int status) {
    var error = new AgentError(UsageLimit.cut(message), status);
    return ROWS.stream().filter(row -> row.status == error.status() && row.status != 0 || row.words.matcher(error.message()).find()).findFirst()
        .map(Row::what);
  }
}
