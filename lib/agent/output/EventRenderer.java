package lib.agent.output;

import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent;
import lib.core.PrintableText;

/** What people see of a line: the agent's text as it is, a line per tool call, its stderr marked. */
public final class EventRenderer {
  private static final int MAX_ABOUT = 160; // one line of a wide terminal

  private EventRenderer() {}

  /**
   * A line of stdout; empty when it says nothing to people.
   *
   * @param mask masks secrets in what is to be shortened, since half a secret is found by nobody
   */
  static String out(Adapter adapter, String line, UnaryOperator<String> mask) {
    var events = adapter.parseLine(line).events();
    return events.size() == 1 ? out(events.getFirst(), mask) : events.stream().map(event -> out(event, mask)).collect(Collectors.joining());
  }

  private static String out(AgentEvent event, UnaryOperator<String> mask) {
    return switch (event) {
      case AgentEvent.Text said -> said.text().isEmpty() ? "" : said.text() + "\n";
      case AgentEvent.ToolCall used -> "[" + shorten(used.tool(), mask) + "]"
          + (used.about().isEmpty() ? "" : " " + shorten(used.about(), mask))
          + (used.failure() == null ? "" : " — " + shorten(used.failure(), mask)) + "\n";
      case AgentEvent.AgentError failed -> "[error] " + failed.message() + "\n";
      case AgentEvent.Retrying warned -> "[warning] " + warned.trouble().message() + "\n";
      case AgentEvent.Notice noted -> "[note] " + noted.message() + "\n";
      case AgentEvent.Hung stuck -> "[error] " + stuck.message() + "\n";
      case AgentEvent.Question asked -> asked.text() + "\n";
      case AgentEvent.RawLine plain -> PrintableText.withoutEscapes(plain.text()) + "\n";
      case AgentEvent.TurnEnded turn -> "";
      case AgentEvent.ToolDenied refused -> "";
      case AgentEvent.FileChanged changed -> "";
      case AgentEvent.Ignored quiet -> "";
    };
  }

  /** A line of stderr. */
  static String err(Adapter adapter, String line, UnaryOperator<String> mask) {
    var event = adapter.parseStderr(PrintableText.withoutEscapes(line));
    return event instanceof AgentEvent.RawLine plain ? "[stderr] " + plain.text() + "\n" : out(event, mask);
  }

  private static String shorten(String text, UnaryOperator<String> mask) {
    var line = mask.apply(PrintableText.withoutEscapes(text)).replaceAll("[\\s\\p{Cntrl}]*[\\p{Cntrl}\\x{85}\\u2028\\u2029]+[\\s\\p{Cntrl}]*", " ").strip();
    if (line.length() <= MAX_ABOUT) {
      return line;
    }
    var end = Character.isHighSurrogate(line.charAt(MAX_ABOUT - 2)) ? MAX_ABOUT - 2 : MAX_ABOUT - 1;
    return line.substring(0, end) + "…";
  }
}
