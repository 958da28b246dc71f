package lib.core;

import module java.base;

/** Files that people write: UTF-8, with or without the mark that some editors put in front. */
public final class Utf8 {
  private static final String MARK = "\ufeff";

  private Utf8() {}

  /** A file that is not UTF-8, with the place of the first byte that is wrong. */
  public static final class Malformed extends IOException {
    public final int line;
    public final int column;

    private Malformed(String before) {
      super("it is not UTF-8");
      line = (int) before.chars().filter(c -> c == '\n').count() + 1;
      column = before.length() - before.lastIndexOf('\n');
    }
  }

  public static String read(Path file) throws IOException {
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    var text = CharBuffer.allocate(bytes.remaining());
    var result = StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true);
    var read = without(text.flip().toString());
    if (result.isError()) {
      throw new Malformed(read);
    }
    return read;
  }

  /** The text without a leading byte order mark. */
  public static String without(String text) {
    return text.startsWith(MARK) ? text.substring(1) : text;
  }
}
