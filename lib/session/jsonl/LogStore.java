package lib.session.jsonl;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.SessionFiles;

/** A store with one growing log of JSON lines for each session. */
abstract class LogStore extends SessionFiles {
  static final String LOG = ".jsonl";
  private static final int LISTED = 64; // messages kept while they are counted: outcomes stand between the lines of an answer
  private static final int MAX_LINE = 16 << 20; // bytes; pictures and whole files stand in single lines
  private static final long MAX_FILE = 1L << 30; // bytes; some ten seconds of reading

  LogStore(String kind, Path location) {
    super(kind, location);
  }

  /** A reader of one log that keeps so many messages. */
  abstract SessionLog reader(Path log, int max);

  @Override
  protected final Session session(Path log) throws IOException {
    return read(log, reader(log, LISTED)).session();
  }

  @Override
  protected final List<Message> messages(Path log, Session session, int max) throws IOException {
    return read(log, reader(log, max)).messages.messages();
  }

  /** Gives each whole line that is a JSON object to the reader, and returns the reader. */
  static <T extends Consumer<ObjectNode>> T read(Path file, T reader) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(file + " is larger than " + MAX_FILE + " bytes");
    }
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      var line = new ByteArrayOutputStream();
      var chunk = new byte[64 << 10];
      for (var length = in.read(chunk); length > 0; length = in.read(chunk)) {
        for (var at = 0; at < length; at++) {
          if (chunk[at] == '\n') {
            object(line.toByteArray(), reader);
            line.reset();
          } else if (line.size() < MAX_LINE) { // of one that is too long only the beginning, which is no JSON
            line.write(chunk[at]);
          }
        }
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
