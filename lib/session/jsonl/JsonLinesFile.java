package lib.session.jsonl;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/** Reads a growing file of JSON lines. Only whole lines count, and lines that are no JSON object are skipped. */
final class JsonLinesFile {
  private static final int MAX_LINE = 16 << 20; // bytes; pictures and whole files stand in single lines
  private static final long MAX_FILE = 1L << 30; // bytes; some ten seconds of reading

  private JsonLinesFile() {}

  /** Gives each line to the reader, and returns the reader. */
  static <T extends Consumer<ObjectNode>> T read(Path file, T reader) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(file + " is larger than " + MAX_FILE + " bytes");
    }
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      var line = new ByteArrayOutputStream();
      var chunk = new byte[64 << 10];
      for (var length = in.read(chunk); length > 0; length = in.read(chunk)) {
        var start = 0;
        for (var at = 0; at < length; at++) {
          if (chunk[at] == '\n') {
            add(line, chunk, start, at);
            object(line.toByteArray(), reader);
            line.reset();
            start = at + 1;
          }
        }
        add(line, chunk, start, length);
      }
    }
    return reader;
  }

  /** Adds to the line; of one that is too long only the beginning, which is no JSON. */
  private static void add(ByteArrayOutputStream line, byte[] chunk, int from, int to) {
    line.write(chunk, from, Math.min(to - from, MAX_LINE - line.size()));
  }

  private static void object(byte[] line, Consumer<ObjectNode> reader) throws IOException {
    try {
      if (Json.MAPPER.readTree(line) instanceof ObjectNode object) {
        reader.accept(object);
      }
    } catch (JsonProcessingException e) {
      return; // two writers at once, or no log of this kind
    }
  }
}
