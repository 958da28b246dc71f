package lib.core;

import module java.base;

/** Text as it may stand in a printed line: what would steer a terminal or reorder what a person reads is shown as its code. */
public final class PrintableText {
  private static final Pattern ANSI = Pattern.compile("\u001b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\u0007]*\u0007|[@-Z\\\\-_])");

  private PrintableText() {}

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

  /** The text without the colours and cursor movements that a program writes for a terminal. */
  public static String withoutEscapes(String text) {
    return text.indexOf('\u001b') < 0 ? text : ANSI.matcher(text).replaceAll("");
  }

  /** Whether there is nothing to hide in it. */
  public static boolean is(String text) {
    return text.codePoints().allMatch(PrintableText::visible);
  }

  private static boolean visible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      default -> true;
    };
  }
}
