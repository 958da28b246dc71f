package lib.cli.output;

import com.fasterxml.jackson.databind.JsonNode;

/** Why a worker takes a task or not, in its words. */
public final class DecisionText {
  private DecisionText() {}

  /** Lines for people. @param why the answer to {@code why}, as {@code docs/control.md} tells it */
  public static String words(JsonNode why) {
    var text = new StringBuilder(why.path("verdict").asText()).append('\n');
    if (why.has("attempt")) {
      text.append("attempt ").append(why.path("attempt").path("n").asText()).append(" here: ")
          .append(why.path("attempt").path("state").asText()).append('\n');
    }
    if (why.has("before")) {
      var before = why.path("before");
      text.append("since ").append(before.path("since").asText()).append(": ").append(before.path("say").asText())
          .append(before.path("reason").asText().isEmpty() ? "" : ", " + before.path("reason").asText()).append('\n');
    } else {
      text.append("this worker has not looked at it\n");
    }
    if (why.has("problem") || why.path("running").asBoolean()) {
      return text.toString();
    }
    text.append("now: ").append(why.path("now").path("say").asText()).append('\n');
    why.path("now").path("rules").forEach(rule -> text.append("  ").append(rule.path("say").asText()).append("  ")
        .append(rule.path("rule").asText()).append(": ").append(rule.path("reason").asText()).append('\n'));
    return text.toString();
  }
}
