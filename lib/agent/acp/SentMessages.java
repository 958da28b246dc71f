package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.Adapter;
import lib.core.Json;

/**
 * The messages to an agent. They stand in a file that the supervisor's feed copies to the agent's input, so a message that stands
 * there is sent, once, whatever becomes of the worker. A later worker reads the agent's output from its beginning and sends only
 * what does not stand there. Not thread-safe.
 */
public final class SentMessages implements Closeable {
  private final FileChannel file;
  private final List<String> sent = new ArrayList<>(); // the keys of what an earlier worker sent
  private String begun; // the beginning of a message that an earlier worker could not write whole
  private final Deque<ObjectNode> waiting = new ArrayDeque<>();
  private ByteBuffer rest; // of the message that is being written; null for none
  private boolean isCancelled;
  private boolean isLast; // nothing more is to be sent

  private SentMessages(Path path) throws IOException {
    var all = Files.readString(path);
    var whole = all.lastIndexOf('\n') + 1;
    this.begun = all.substring(whole);
    all.substring(0, whole).lines().flatMap(line -> Json.readObject(line).stream()).map(SentMessages::key).forEach(sent::add);
    this.isCancelled = sent.contains(Acp.CANCEL);
    this.file = FileChannel.open(path, StandardOpenOption.APPEND);
  }

  /** Those of an attempt; empty when its agent reads none. */
  public static Optional<SentMessages> of(Path attempt) throws IOException {
    var path = attempt.resolve(Adapter.SENT);
    return Files.exists(path) ? Optional.of(new SentMessages(path)) : Optional.empty();
  }

  /** A call and an answer are known by their id, which the two sides count apart; a notification by its method. */
  private static String key(JsonNode message) {
    return !message.has("id") ? message.path("method").asText() : (message.has("method") ? "call " : "answer ") + message.path("id");
  }

  /** Takes a message, unless an earlier worker sent it. A cancelled agent gets none. @param message null when there are no more */
  public void add(ObjectNode message) {
    if (message == null) {
      isLast = true;
    } else if (!isCancelled && !sent.remove(key(message))) {
      waiting.add(message);
    }
  }

  /** Takes the message that asks the agent to end. @param message null where there is nothing to ask: then its input ends */
  public void cancel(ObjectNode message) {
    waiting.clear();
    add(message);
    isCancelled = true;
  }

  /**
   * Sends what waits.
   *
   * @param isQuiet whether the agent says nothing now; else the prompt of an old session waits, which the agent may still repeat
   * @return whether there is nothing more to send, so that the agent's input may end
   */
  public boolean flush(boolean isQuiet) throws IOException {
    while (rest != null || !waiting.isEmpty() && (isQuiet || AcpReader.replayed(waiting.element()) < 0)) {
      rest = rest == null ? bytes(Json.write(waiting.remove()) + "\n") : rest;
      file.write(rest);
      rest = rest.hasRemaining() ? rest : null;
    }
    return isLast && waiting.isEmpty();
  }

  private ByteBuffer bytes(String line) {
    var missing = line.startsWith(begun) ? line.substring(begun.length()) : "\n" + line;
    begun = "";
    return ByteBuffer.wrap(missing.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
