package lib.cli.output;

import module java.base;
import lib.core.PrintableText;

/** Rows for people on a terminal, aligned; for programs, tab-separated without a heading. */
public final class TextTable {
  private TextTable() {}

  /** The rows, to be printed in one piece: a reader who wants only the first ones may leave. The last column is never padded. */
  public static String of(CommandIo io, List<String> heading, List<List<String>> rows) {
    return format(io.terminal() ? heading : null, rows, Integer.MAX_VALUE);
  }

  /** The same; on a terminal the last column is cut where the line ends. */
  public static String fit(CommandIo io, List<String> heading, List<List<String>> rows) {
    return io.terminal() ? format(heading, rows, io.width()) : of(io, heading, rows);
  }

  /** @param heading null for rows with tabs between */
  private static String format(List<String> heading, List<List<String>> rows, int width) {
    if (heading == null) {
      return rows.stream().map(row -> row.stream().map(TextTable::flat).collect(Collectors.joining("\t")) + "\n").collect(Collectors.joining());
    }
    var lines = Stream.concat(Stream.of(heading), rows.stream()).map(row -> row.stream().map(TextTable::flat).toList()).toList();
    var form = new StringBuilder();
    var room = width;
    for (var column = 0; column < heading.size() - 1; column++) {
      var at = column;
      var widest = lines.stream().mapToInt(line -> line.get(at).length()).max().getAsInt();
      form.append("%-").append(widest).append("s  ");
      room -= widest + 2;
    }
    var most = Math.max(1, room);
    return lines.stream().map(line -> form.toString().formatted(line.toArray()) + clip(line.getLast(), most) + "\n").collect(Collectors.joining());
  }

  private static String clip(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    var end = most > 1 && Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
    return text.substring(0, end) + "…";
  }

  private static String flat(String cell) {
    return cell == null ? "" : PrintableText.of(cell.replaceAll("[\t\n\r]+", " "));
  }
}
