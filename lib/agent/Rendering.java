package lib.agent;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What people see of a line: the agent's text as it is, a line per tool call, its stderr marked. */
final class Rendering {
  private static final Pattern ANSI = Pattern.compile("\u001b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\u0007]*\u0007|[@-Z\\\\-_])");
  private static final int MAX_ABOUT = 160; // one line of a wide terminal

  private Rendering() {}

  /**
   * A line of stdout; empty when it says nothing to people.
   *
   * @param mask masks secrets in what is to be shortened, since half a secret is found by nobody
   */
  static String out(Adapter adapter, String line, UnaryOperator<String> mask) {
    var events = adapter.read(line).events();
    return events.size() == 1 ? out(events.getFirst(), mask) : events.stream().map(event -> out(event, mask)).collect(Collectors.joining());
  }

  private static String out(AgentEvent event, UnaryOperator<String> mask) {
    return switch (event) {
      case AgentEvent.Said said -> said.text().isEmpty() ? "" : said.text() + "\n";
      case AgentEvent.Used used -> "[" + shorten(used.tool(), mask) + "]"
          + (used.about().isEmpty() ? "" : " " + shorten(used.about(), mask))
          + (used.failure() == null ? "" : " — " + shorten(used.failure(), mask)) + "\n";
      case AgentEvent.Failed failed -> "[error] " + failed.message() + "\n";
      case AgentEvent.Warned warned -> "[warning] " + warned.trouble().message() + "\n";
      case AgentEvent.Noted noted -> "[note] " + noted.message() + "\n";
      case AgentEvent.Stuck stuck -> "[error] " + stuck.message() + "\n";
      case AgentEvent.Asked asked -> asked.text() + "\n";
      case AgentEvent.Plain plain -> plain(plain.text()) + "\n";
      case AgentEvent.Turn turn -> "";
      case AgentEvent.Refused refused -> "";
      case AgentEvent.Changed changed -> "";
      case AgentEvent.Quiet quiet -> "";
    };
  }

  /** A line of stderr. */
  static String err(Adapter adapter, String line, UnaryOperator<String> mask) {
    var event = adapter.complaint(plain(line));
    return event instanceof AgentEvent.Plain plain ? "[stderr] " + plain.text() + "\n" : out(event, mask);
  }

  /** Without the colours and cursor movements that an agent writes for a terminal. */
  static String plain(String text) {
    return text.indexOf('\u001b') < 0 ? text : ANSI.matcher(text).replaceAll("");
  }

  private static String shorten(String text, UnaryOperator<String> mask) {
    var line = mask.apply(plain(text)).replaceAll("[\\s\\p{Cntrl}]*[\\p{Cntrl}\\x{85}\\u2028\\u2029]+[\\s\\p{Cntrl}]*", " ").strip();
    if (line.length() <= MAX_ABOUT) {
      return line;
    }
    var end = Character.isHighSurrogate(line.charAt(MAX_ABOUT - 2)) ? MAX_ABOUT - 2 : MAX_ABOUT - 1;
    return line.substring(0, end) + "…";
  }
}
