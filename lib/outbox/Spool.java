package lib.outbox;

import java.io.IOException;

/** An attempt's output as text, read from where its delivery stands. One thread reads it. */
public interface Spool extends AutoCloseable {

  /**
   * Some text and where it ends.
   *
   * @param text empty when there is nothing more at the moment
   */
  record Piece(String text, Cursor end) {}

  /** The next text after the last piece, at most so many characters, never half a character. */
  Piece next(int most) throws IOException;

  /** The text from the last piece on up to exactly this place, which an earlier process had begun to send. */
  Piece until(Cursor end) throws IOException;

  /** Whether nothing will be added and everything has been read. */
  boolean ended();

  /** What was masked in it, for people; empty when nothing was, or when its end has not been read. */
  default String masked() {
    return "";
  }

  @Override
  void close();

  /** The spool of an attempt without output. */
  Spool NONE = new Spool() {
    @Override
    public Piece next(int most) {
      return new Piece("", Cursor.START);
    }

    @Override
    public Piece until(Cursor end) {
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
