package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.Adapter.Approval;
import lib.core.Json;
import lib.store.DurableFiles;

/**
 * What an attempt's conversation is for. It lies in the attempt's folder, so that a later worker continues the conversation
 * under the rules of the first.
 *
 * @param directory where the agent works
 * @param session the session to load; null for a new one
 * @param model the model to set; null when the agent may choose
 * @param agent the task's agent type: a mode of this name is set where the agent offers one
 */
record AcpPlan(Path directory, String session, String model, String agent, Approval approval) {
  private static final String FILE = "acp.json";

  void write(Path attempt) throws IOException {
    DurableFiles.replace(attempt.resolve(FILE), Json.write(Json.object().put("directory", directory.toString()).put("session", session)
        .put("model", model).put("agent", agent).put("approval", approval.name())).getBytes(StandardCharsets.UTF_8));
  }

  /** The plan of an attempt; empty when the file is gone. */
  static Optional<AcpPlan> read(Path attempt) {
    try {
      return Json.readObject(Files.readString(attempt.resolve(FILE))).map(AcpPlan::of);
    } catch (IOException e) {
      return Optional.empty(); // then the agent gets no message, and its silence ends it
    }
  }

  private static AcpPlan of(ObjectNode json) {
    return new AcpPlan(Path.of(json.path("directory").asText()), Json.text(json, "session"), Json.text(json, "model"),
        json.path("agent").asText(), Approval.valueOf(json.path("approval").asText()));
  }
}
