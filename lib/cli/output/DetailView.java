package lib.cli.output;

import module java.base;

/** One thing for people to read: its fields in two columns, then its longer texts, each under its name. */
public final class DetailView {
  private final List<List<String>> fields = new ArrayList<>();
  private final StringBuilder texts = new StringBuilder();

  /** @param value null for one that it does not have, which is said */
  public DetailView field(String name, Object value) {
    fields.add(List.of(name, value == null ? "-" : value.toString()));
    return this;
  }

  /** @param text null for one that it does not have, of which nothing is said */
  public DetailView text(String name, String text) {
    if (text != null) {
      texts.append('\n').append(name).append(":\n").append(text.stripTrailing()).append('\n');
    }
    return this;
  }

  /** @param heading what to call the two columns on a terminal */
  public String format(CommandIo io, String... heading) {
    return TextTable.of(io, List.of(heading), fields) + texts;
  }
}
