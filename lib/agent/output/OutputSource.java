package lib.agent.output;

import java.io.IOException;

/** An attempt's output as text, read from where its delivery stands. One thread reads it. */
public interface OutputSource extends AutoCloseable {

  /**
   * Some text and where it ends.
   *
   * @param text empty when there is nothing more at the moment
   */
  record Piece(String text, OutputPosition end) {}

  /** The next text after the last piece, at most so many characters, never half a character. */
  Piece next(int most) throws IOException;

  /** The text from the last piece on up to exactly this place, which an earlier process had begun to send. */
  Piece until(OutputPosition end) throws IOException;

  /** Whether nothing will be added and everything has been read. */
  boolean ended();

  /** What was masked in it, for people; empty when nothing was, or when its end has not been read. */
  default String masked() {
    return "";
  }

  @Override
  void close();

  /** The spool of an attempt without output. */
  OutputSource NONE = new OutputSource() {
    @Override
    public Piece next(int most) {
      return new Piece("", OutputPosition.START);
    }

    @Override
    public Piece until(OutputPosition end) {
      return new Piece("", end);
    }

    @Override
    public boolean ended() {
      return true;
    }

    @Override
    public void close() {
      // holds nothing
    }
  };
}
