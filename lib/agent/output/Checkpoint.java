package lib.agent.output;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.store.DurableFiles;

/**
 * How far an attempt's output is rendered: one small file in its directory, which is replaced as a whole. What lies behind
 * it in the transcript may be written again in another way.
 *
 * @param out the place in the file {@code out}
 * @param err the place in the file {@code err}
 * @param length bytes of the transcript that stay as they are
 * @param complete whether the transcript ends there
 */
public record Checkpoint(Place out, Place err, long length, boolean complete) {
  /** Nothing is rendered yet. */
  public static final Checkpoint START = new Checkpoint(Place.START, Place.START, 0, false);
  private static final String FILE = "checkpoint";

  /**
   * A place in one of the agent's files.
   *
   * @param read bytes that were read
   * @param given masked characters of them that the transcript has
   */
  public record Place(long read, long given) {
    static final Place START = new Place(0, 0);
  }

  /** The attempt's checkpoint; the start when there is none, or when a loss of power left none that is whole. */
  public static Checkpoint read(AttemptDirectory directory) throws IOException {
    try {
      var text = Files.readString(directory.file(FILE), StandardCharsets.ISO_8859_1);
      if (!text.matches("(\\d{1,18} ){5}[01]\n")) {
        return START;
      }
      var n = Arrays.stream(text.strip().split(" ")).mapToLong(Long::parseLong).toArray();
      return new Checkpoint(new Place(n[0], n[1]), new Place(n[2], n[3]), n[4], n[5] == 1);
    } catch (NoSuchFileException e) {
      return START;
    }
  }

  /** Replaces the attempt's checkpoint. It survives this process, but maybe not a loss of power. */
  void write(AttemptDirectory directory) throws IOException {
    var text = out.read + " " + out.given + " " + err.read + " " + err.given + " " + length + " " + (complete ? 1 : 0) + "\n";
    DurableFiles.replace(directory.file(FILE), text.getBytes(StandardCharsets.US_ASCII));
  }
}
