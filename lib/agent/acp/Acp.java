package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.Adapter;
import lib.core.Json;
import lib.store.DurableFiles;

/**
 * Any CLI that speaks the Agent Client Protocol, version 1. Its arguments are the setting {@code agent_args}. The worker writes
 * its messages into the file {@link #SENT}; {@link AcpReader} says which ones.
 */
public final class Acp implements Adapter {
  public static final String KIND = "acp";
  static final String CANCEL = "session/cancel";

  @Override
  public String kind() {
    return KIND;
  }

  /** Its answer to {@code initialize} tells its version. */
  @Override
  public boolean isAnyProgram() {
    return true;
  }

  /** A model that stands among the arguments is not asked for again. */
  @Override
  public boolean prepareMessages(LaunchSpec ask, Path attempt) throws IOException {
    var isArgument = ask.args().stream().anyMatch(argument -> argument.contains("{model}"));
    new AcpPlan(ask.directory(), ask.session(), isArgument ? null : ask.model(), ask.agent(),
        ask.agent().equals("plan") ? Approval.CONFIGURED : ask.approval()).write(attempt);
    DurableFiles.replace(attempt.resolve(SENT), (Json.write(Call.INITIALIZE.message(Call.capabilities())) + "\n").getBytes(StandardCharsets.UTF_8));
    return true;
  }

  @Override
  public ObjectNode cancellation(String session) {
    return session == null ? null : Call.notification(CANCEL, Json.object().put("sessionId", session));
  }

  @Override
  public boolean isSessionNotFound(String words) {
    return words.startsWith(AcpReader.NOT_LOADED);
  }

  @Override
  public Function<String, Line> reader(Path attempt) {
    return new AcpReader(attempt);
  }

  /** Without what stands before it, a line means little. */
  @Override
  public Line parseLine(String line) {
    return new AcpReader(Path.of("")).apply(line);
  }
}
