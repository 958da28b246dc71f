package lib.cli.output;

import module java.base;
import lib.core.PrintableText;

/** Rows for people on a terminal, aligned; for programs, tab-separated without a heading. */
public final class TextTable {
  private TextTable() {}

  /** The rows, to be printed in one piece: a reader who wants only the first ones may leave. The last column is never padded. */
  public static String of(CommandIo io, List<String> heading, List<List<String>> rows) {
    var lines = new ArrayList<String>();
    if (io.terminal()) {
      var widths = IntStream.range(0, heading.size()).map(i -> width(heading, rows, i)).toArray();
      lines.add(line(heading, widths));
      rows.forEach(row -> lines.add(line(row, widths)));
    } else {
      rows.forEach(row -> lines.add(String.join("\t", row.stream().map(TextTable::flat).toList())));
    }
    return String.join("", lines.stream().map(line -> line + "\n").toList());
  }

  /** The same; on a terminal the last column is cut where the line ends. */
  public static String fit(CommandIo io, List<String> heading, List<List<String>> rows) {
    if (!io.terminal()) {
      return of(io, heading, rows);
    }
    var last = heading.size() - 1;
    var room = io.width();
    for (var column = 0; column < last; column++) {
      room -= width(heading, rows, column) + 2;
    }
    var most = Math.max(1, room);
    return of(io, heading, rows.stream().map(row -> {
      var cut = new ArrayList<>(row);
      cut.set(last, clip(flat(row.get(last)), most));
      return (List<String>) cut;
    }).toList());
  }

  private static int width(List<String> heading, List<List<String>> rows, int column) {
    return Math.max(heading.get(column).length(), rows.stream().mapToInt(r -> flat(r.get(column)).length()).max().orElse(0));
  }

  private static String clip(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    var end = most > 1 && Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
    return text.substring(0, end) + "…";
  }

  private static String line(List<String> row, int[] widths) {
    var text = new StringBuilder();
    for (var i = 0; i < row.size(); i++) {
      var cell = flat(row.get(i));
      text.append(cell);
      if (i < row.size() - 1) {
        text.repeat(" ", widths[i] - cell.length() + 2);
      }
    }
    return text.toString();
  }

  private static String flat(String cell) {
    return cell == null ? "" : PrintableText.of(cell.replaceAll("[\t\n\r]+", " "));
  }
}
