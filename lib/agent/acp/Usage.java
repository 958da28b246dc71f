package lib.agent.acp;

import com.fasterxml.jackson.databind.JsonNode;
import lib.agent.adapter.AgentEvent.TurnEnded;

/** What a run took, from the places where the agents tell it. Not thread-safe. */
final class Usage {
  private long in;
  private long out;
  private double cost;

  /** Adds what an update tells: some agents have a part in the message at each turn's end, some tell the cost up to now. */
  void add(JsonNode update) {
    var usage = update.path("_meta").path("usage");
    in += in(usage);
    out += out(usage);
    var amount = update.path("cost");
    cost = amount.path("currency").asText("USD").equals("USD") ? amount.path("amount").asDouble(cost) : cost;
  }

  /** The end of the run. @param result the answer to the prompt; what it tells counts instead of the parts */
  TurnEnded end(JsonNode result, String reason) {
    var usage = result.path("usage");
    var quota = result.path("_meta").path("quota").path("token_count");
    var isWhole = usage.has("inputTokens") || quota.has("input_tokens");
    return new TurnEnded(reason, isWhole ? in(usage) + quota.path("input_tokens").asLong() : in,
        isWhole ? out(usage) + quota.path("output_tokens").asLong() : out, cost, true);
  }

  private static long in(JsonNode usage) {
    return usage.path("inputTokens").asLong() + usage.path("cachedWriteTokens").asLong();
  }

  private static long out(JsonNode usage) {
    return usage.path("outputTokens").asLong() + usage.path("thoughtTokens").asLong();
  }
}
