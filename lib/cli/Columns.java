package lib.cli;

import java.util.List;
import lib.Visible;

/** Rows for people on a terminal, aligned; for programs, tab-separated without a heading. */
public final class Columns {
  private Columns() {}

  /** Prints the rows; the last column is never padded. */
  public static void print(Io io, List<String> heading, List<List<String>> rows) {
    if (!io.terminal()) {
      rows.forEach(row -> io.out().println(String.join("\t", row.stream().map(Columns::flat).toList())));
      return;
    }
    var widths = new int[heading.size()];
    for (var i = 0; i < widths.length; i++) {
      var column = i;
      widths[i] = Math.max(heading.get(i).length(), rows.stream().mapToInt(r -> flat(r.get(column)).length()).max().orElse(0));
    }
    io.out().println(line(heading, widths));
    rows.forEach(row -> io.out().println(line(row, widths)));
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
    return cell == null ? "" : Visible.of(cell.replaceAll("[\t\n\r]+", " "));
  }
}
