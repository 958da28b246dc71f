package lib.agent.output;

import module java.base;
import lib.agent.process.AttemptDirectory;

/**
 * Reads an attempt's output as people see it, as far as the checkpoint allows. An attempt without an agent has an empty one.
 * Without state and thread-safe.
 */
public record Transcript(AttemptDirectory directory) {
  /** The file's name in the attempt's directory. */
  static final String FILE = "transcript";

  /** How far it can be read now. */
  public Checkpoint checkpoint() throws IOException {
    return Checkpoint.read(directory);
  }

  /** Whether the attempt has output that is not all rendered, so that an {@link OutputRecorder} must complete it. */
  public boolean isUnfinished() throws IOException {
    return Files.exists(directory.file("out")) && !checkpoint().complete();
  }

  /**
   * Text from a place on, at most so many bytes; it ends at a line end where there is one, else between two characters.
   *
   * @param from where a character begins
   * @param length how much there is, by the checkpoint
   */
  public String text(long from, long length, int max) throws IOException {
    var bytes = bytes(from, (int) Math.min(max + 1L, length - from));
    return new String(bytes, 0, part(bytes, Math.min(max, bytes.length)), StandardCharsets.UTF_8);
  }

  /** Where bytes can be parted, at the latest behind so many: at a line end where there is one, else between two characters. */
  static int part(byte[] bytes, int most) {
    for (var end = most; end > 0; end--) {
      if (bytes[end - 1] == '\n') {
        return end;
      }
    }
    var end = most;
    while (end > 0 && end < bytes.length && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return end;
  }

  /** How many bytes of a transcript such a text takes. */
  public static int size(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The bytes of a part; fewer when the file is shorter. */
  public byte[] bytes(long from, int count) throws IOException {
    if (count <= 0) {
      return new byte[0]; // there may be no file yet
    }
    try (var in = Files.newInputStream(directory.file(FILE))) {
      in.skip(from);
      return in.readNBytes(count);
    }
  }
}
