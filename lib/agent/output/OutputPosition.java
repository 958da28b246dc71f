package lib.agent.output;

/**
 * How far an attempt's output has been delivered, exactly enough to go on there after a crash.
 *
 * @param out where the next unsent line starts in the file {@code out}, in bytes
 * @param outChars characters of that line's text already sent
 * @param err the same for the file {@code err}
 * @param errChars the same for the file {@code err}
 * @param closingChars characters sent of the closing line, which comes after both files
 * @param sent characters sent in all
 * @param cut whether the middle was left out because of the cap
 */
public record OutputPosition(long out, long outChars, long err, long errChars, long closingChars, long sent, boolean cut) {
  public static final OutputPosition START = new OutputPosition(0, 0, 0, 0, 0, 0, false);

  /**
   * Whether text from {@code before} to here may stand in one chunk with the text before it, which began at {@code start}.
   * A chunk is all of {@code out} and then all of {@code err}, within one side of the cut: so its two ends tell its text.
   */
  public boolean follows(OutputPosition before, OutputPosition start) {
    var errBegun = before.err != start.err || before.errChars != start.errChars;
    var moreOut = out != before.out || outChars != before.outChars;
    return cut == before.cut && !(errBegun && moreOut);
  }

  public String text() {
    return out + " " + outChars + " " + err + " " + errChars + " " + closingChars + " " + sent + " " + (cut ? 1 : 0);
  }

  public static OutputPosition read(String text) {
    if (text == null) {
      return null;
    }
    var n = text.split(" ");
    return new OutputPosition(Long.parseLong(n[0]), Long.parseLong(n[1]), Long.parseLong(n[2]), Long.parseLong(n[3]),
        Long.parseLong(n[4]), Long.parseLong(n[5]), n[6].equals("1"));
  }
}
