package lib;

/** Text as it may stand in a printed line: what would steer a terminal or reorder what a person reads is shown as its code. */
public final class Visible {
  private Visible() {}

  /** The same text with each control, format and line-separating character as a backslash, a u and four digits. */
  public static String of(String text) {
    var shown = new StringBuilder();
    text.codePoints().forEach(c -> {
      if (!visible(c)) {
        Character.toString(c).chars().forEach(unit -> shown.append("\\u%04x".formatted(unit)));
      } else {
        shown.appendCodePoint(c);
      }
    });
    return shown.toString();
  }

  /** Whether there is nothing to hide in it. */
  public static boolean is(String text) {
    return text.codePoints().allMatch(Visible::visible);
  }

  private static boolean visible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      default -> true;
    };
  }
}
