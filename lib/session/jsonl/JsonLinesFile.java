package lib.session.jsonl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.function.Consumer;
import lib.core.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a growing file of JSON lines. Only whole lines count, and lines that are no JSON object are skipped. */
final class JsonLinesFile {
  private static final Logger LOG = LoggerFactory.getLogger(JsonLinesFile.class);
  private static final int MAX_LINE = 16 << 20; // bytes; pictures and whole files stand in single lines
  private static final long MAX_FILE = 1L << 30; // bytes; some ten seconds of reading
  private static final int STEP = 64 << 10;

  private JsonLinesFile() {}

  /** Gives each line to the reader, and returns the reader; null for a file that is too large. */
  static <T extends Consumer<ObjectNode>> T read(Path file, T reader) throws IOException {
    try (var channel = Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      if (channel.size() > MAX_FILE) {
        LOG.warn("skips session file={}: it is larger than {} bytes", file, MAX_FILE);
        return null;
      }
      var line = new ByteArrayOutputStream();
      var length = 0L;
      var buffer = ByteBuffer.allocate(STEP);
      while (channel.read(buffer.clear()) > 0) {
        for (int start = 0, at = 0; at < buffer.position(); at = start) {
          while (at < buffer.position() && buffer.get(at) != '\n') {
            at++;
          }
          length += at - start;
          if (length <= MAX_LINE) {
            line.write(buffer.array(), start, at - start);
          }
          if (at < buffer.position()) {
            if (length <= MAX_LINE) {
              read(line.toByteArray(), reader);
            }
            line.reset();
            length = 0;
          }
          start = at + 1;
        }
      }
    }
    return reader;
  }

  private static void read(byte[] line, Consumer<ObjectNode> reader) throws IOException {
    try {
      if (Json.MAPPER.readTree(line) instanceof ObjectNode object) {
        reader.accept(object);
      }
    } catch (JsonProcessingException e) {
      return; // two writers at once, or no log of this kind
    }
  }
}
