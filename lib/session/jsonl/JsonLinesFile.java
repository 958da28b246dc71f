package lib.session.jsonl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Consumer;
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
    try (var in = new BufferedInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), 64 << 10)) {
      var line = new ByteArrayOutputStream();
      for (var next = in.read(); next >= 0; next = in.read()) {
        if (next != '\n') {
          if (line.size() <= MAX_LINE) {
            line.write(next);
          }
          continue;
        }
        if (line.size() <= MAX_LINE) {
          object(line.toByteArray(), reader);
        }
        line.reset();
      }
    }
    return reader;
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
