package lib.agent.output;

import module java.base;
import lib.agent.adapter.AgentEvent;
import lib.core.PrintableText;

/** Renders events for people: the agent's text as it is, a line per tool call, its stderr marked. */
final class EventRenderer {
  private static final int MAX_SUMMARY = 160; // one line of a wide terminal

  private EventRenderer() {}

  /**
   * The text of a line of stdout; empty when it says nothing to people.
   *
   * @param mask masks secrets in a text before it is shortened, since half a secret is found by nothing
   */
  static String out(List<AgentEvent> events, UnaryOperator<String> mask) {
    return events.size() == 1 ? out(events.getFirst(), mask) : events.stream().map(event -> out(event, mask)).collect(Collectors.joining());
  }

  private static String out(AgentEvent event, UnaryOperator<String> mask) {
    return switch (event) {
      case AgentEvent.Text said -> said.text().isEmpty() ? "" : said.text() + "\n";
      case AgentEvent.TextChunk chunk -> chunk.text();
      case AgentEvent.ToolCall used -> "[" + shorten(used.tool(), mask) + "]"
          + (used.about().isEmpty() ? "" : " " + shorten(used.about(), mask))
          + (used.failure() == null ? "" : " — " + shorten(used.failure(), mask)) + "\n";
      case AgentEvent.AgentError failed -> "[error] " + failed.message() + "\n";
      case AgentEvent.Retrying warned -> "[warning] " + warned.trouble().message() + "\n";
      case AgentEvent.Notice noted -> "[note] " + noted.message() + "\n";
      case AgentEvent.Hung stuck -> "[error] " + stuck.message() + "\n";
      case AgentEvent.Question asked -> asked.text() + "\n";
      case AgentEvent.RawLine plain -> PrintableText.withoutEscapes(plain.text()) + "\n";
      case AgentEvent.TurnEnded _, AgentEvent.ToolDenied _, AgentEvent.FileChanged _, AgentEvent.BackgroundTask _,
          AgentEvent.CountsSession _, AgentEvent.Introduced _, AgentEvent.Awaited _, AgentEvent.Ignored _ -> "";
    };
  }

  /** The text of a line of stderr. */
  static String err(AgentEvent event, UnaryOperator<String> mask) {
    return event instanceof AgentEvent.RawLine plain ? "[stderr] " + plain.text() + "\n" : out(event, mask);
  }

  private static String shorten(String text, UnaryOperator<String> mask) {
    var line = mask.apply(PrintableText.withoutEscapes(text)).replaceAll("[\\s\\p{Cntrl}]*[\\p{Cntrl}\\x{85}\\u2028\\u2029]+[\\s\\p{Cntrl}]*", " ").strip();
    if (line.length() <= MAX_SUMMARY) {
      return line;
    }
    var end = Character.isHighSurrogate(line.charAt(MAX_SUMMARY - 2)) ? MAX_SUMMARY - 2 : MAX_SUMMARY - 1;
    return line.substring(0, end) + "…";
  }
}
