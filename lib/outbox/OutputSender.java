package lib.outbox;

import module java.base;
import lib.agent.output.Transcript;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.journal.Attempt.Position;
import lib.journal.Attempt;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one attempt's transcript in numbered chunks. Its position is how many bytes the server has; before the first chunk after a
 * start it asks the server for that. For one thread.
 */
final class OutputSender {
  private static final Logger LOG = LoggerFactory.getLogger(OutputSender.class);
  /**
   * Most servers keep the last 1,000 chunks of a task, so waits and sizes double every so many chunks: a day of unbroken output is
   * some 910 chunks, and the first lines still come at once.
   */
  private static final int STEP = 75;
  private static final Duration WAIT = Duration.ofMillis(250); // a person sees it as live
  private static final int FILL = 32 << 10;
  private static final int OWN_FILL = 256 << 10;
  private static final int MAX_FILL = 1 << 20; // the body limit of a proxy that nobody has configured
  private static final int MIN_FILL = 16 << 10; // a server that takes no chunk of this size takes none
  private static final int LAST = 75; // chunks, 2.4 MiB of a young task
  private static final int OWN_LAST = 30; // chunks, 7.5 MiB at most
  private static final int MAX_SEARCHED = 1 << 20; // bytes that are looked for; more would find no other place
  private static final int BLOCK = 4 << 20;
  private static final String CHUNK_KNOWN = "chunk_known"; // our own server has another chunk of that number

  /** The server's last chunks of this attempt. @param chunks of the task, by all attempts @param all whether they are all */
  private record Last(byte[] text, long chunks, boolean all) {}

  private final Attempt attempt;
  private final Delivery delivery;
  private final Transcript transcript;
  private final RetryingCall calls;
  private Position delivered;
  private boolean located;
  private long length; // of the transcript, at the last look
  private long lastChunkAt;
  private int halvings; // how often a chunk was too large
  private boolean over;
  private ApiException refusal;

  /** @param fresh whether no earlier process may have sent any of it */
  OutputSender(Attempt attempt, Delivery delivery, Transcript transcript, RetryingCall calls, boolean fresh) {
    this.attempt = attempt;
    this.delivery = delivery;
    this.transcript = transcript;
    this.calls = calls;
    this.delivered = attempt.delivered();
    this.located = fresh;
    this.lastChunkAt = delivery.clock().nanos();
  }

  /** Whether output is missing in the transcript that no running agent adds. */
  boolean isUnfinished() throws IOException {
    return !over && transcript.isUnfinished();
  }

  /** Whether all is sent that the transcript held at the last look. */
  boolean isDrained() {
    return over || delivered.sent() >= length;
  }

  /** Sends no more. */
  void end() {
    over = true;
  }

  /** Why the server takes no more output; null unless it refused the last chunk. */
  ApiException refusal() {
    return refusal;
  }

  /** How long until the next chunk is due, in nanoseconds, if nothing more is written. */
  long untilDue() {
    return isDrained() ? Long.MAX_VALUE : Math.max(1, lastChunkAt + gather().toNanos() - delivery.clock().nanos());
  }

  /**
   * Sends a chunk if one is due.
   *
   * @param ended whether the transcript grows no more
   * @return whether it did something
   */
  boolean send(boolean ended) throws IOException, DatabaseException, InterruptedException {
    refusal = null;
    length = over ? 0 : transcript.checkpoint().length();
    var available = length - delivered.sent();
    if (over || available <= 0 || !ended && available < fill() && untilDue() > 1) {
      return false;
    }
    if (!located) {
      return locate(ended);
    }
    sendChunk(delivered.chunks() + 1, transcript.text(delivered.sent(), length, fill()));
    return true;
  }

  /** How long to gather after the chunk before; nothing before the first. */
  private Duration gather() {
    return delivered.chunks() == 0 ? Duration.ZERO : WAIT.multipliedBy(1L << Math.min(step(), 20));
  }

  /** The size in bytes that ends the gathering early, and the most that one chunk holds. */
  private int fill() {
    var fill = delivery.server().keepsAllOutput() ? OWN_FILL : (int) Math.min(MAX_FILL, (long) FILL << Math.min(step(), 10));
    return Math.max(MIN_FILL, fill >> halvings);
  }

  /** How often waits and sizes have doubled; never at a server that keeps all output. */
  private long step() {
    return delivery.server().keepsAllOutput() ? 0 : delivered.chunks() / STEP;
  }

  /** Asks the server how much it has; a server that cannot say is taken to have what the journal says. */
  private boolean locate(boolean complete) throws IOException, DatabaseException, InterruptedException {
    var found = new Position[] {delivered};
    var unknown = calls.make("question for the output", new Asking() {
      @Override
      public void send() throws ApiException, IOException, InterruptedException {
        found[0] = find(complete);
      }
    }, false);
    lastChunkAt = delivery.clock().nanos();
    if (found[0] == null) {
      LOG.debug("task={} output of this start is not rendered yet, asking again", attempt.taskId());
      return false;
    }
    if (!found[0].equals(delivered)) {
      LOG.info("task={} output continues bytes={} chunks={}, the journal had bytes={} chunks={}", attempt.taskId(), found[0].sent(),
          found[0].chunks(), delivered.sent(), delivered.chunks());
    }
    if (unknown != null) {
      LOG.warn("task={} output continues bytes={}, the server does not say what it has: {}", attempt.taskId(), delivered.sent(),
          unknown.getMessage());
    }
    delivered = found[0];
    located = true;
    return true;
  }

  private void sendChunk(long number, String text) throws InterruptedException, DatabaseException, IOException {
    var failed = calls.make("output", new Asking() {
      @Override
      public void send() throws ApiException, InterruptedException {
        delivery.client().output(attempt.taskId(), attempt.workerId(), text, delivery.clock().now(), attempt.fence(), number);
      }

      @Override
      public boolean hasArrived() throws ApiException, InterruptedException {
        return !delivery.server().dropsRepeats() && isLast(number, text);
      }
    }, false);
    if (failed != null && failed.kind() == ApiException.Kind.TOO_LARGE && fill() > MIN_FILL) {
      halvings++; // a body limit on the way
      return;
    }
    if (failed != null && CHUNK_KNOWN.equals(failed.code())) {
      LOG.info("task={} output chunk={} is at the server with another text, asking it for the end", attempt.taskId(), number);
      located = false; // an earlier process of this worker sent it, and its call came through late
      return;
    }
    lastChunkAt = delivery.clock().nanos();
    if (failed != null) {
      end();
      if (!isSettled()) {
        LOG.warn("task={} output refused by the server, sending no more: {}", attempt.taskId(), failed.getMessage());
        refusal = failed;
      }
      return;
    }
    delivered = new Position(delivered.sent() + Transcript.size(text), number);
    delivery.journal().progress(attempt, delivered);
  }

  private boolean isSettled() throws DatabaseException {
    return delivery.journal().reports().delivery(attempt).state() == Attempt.State.SETTLED;
  }

  /** A call that is given up once the task is not ours any more. */
  private abstract class Asking implements RetryingCall.Call {
    @Override
    public boolean failed(int failures, ApiException why) throws DatabaseException {
      return isSettled();
    }
  }

  /**
   * Elsewhere than at our own server, which drops repeats, the last chunk is read back. The total alone does not tell, since
   * chunks of an earlier attempt count in it. A server that does not say counts as one that has it not.
   */
  private boolean isLast(long number, String text) throws ApiException, InterruptedException {
    try {
      var last = delivery.client().output(attempt.taskId(), -1);
      return last.total() != number - 1 && !last.chunks().isEmpty() && last.chunks().getLast().equals(text);
    } catch (ApiException e) {
      if (e.kind().again()) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Where the server's output ends, after a start: the journal may be lost, or older than it. Reads the server's last chunks and
   * looks for them in the transcript. In doubt output comes twice rather than never.
   *
   * @param complete whether the transcript grows no more
   * @return null when the server has output that the transcript does not hold yet
   */
  private Position find(boolean complete) throws ApiException, IOException, InterruptedException {
    var one = last(1);
    if (one.text.length == 0 || one.chunks == delivered.chunks() && endsAt(one.text, delivered.sent())) {
      return new Position(delivered.sent(), Math.max(delivered.chunks(), one.chunks));
    }
    var last = last(delivery.server().keepsAllOutput() ? OWN_LAST : LAST);
    var chunks = Math.max(delivered.chunks(), last.chunks);
    var common = last.all ? common(last.text) : 0;
    var end = last.all && common == last.text.length ? common : searched(last.text);
    if (end < 0 && !complete) {
      return null;
    }
    return new Position(Math.max(delivered.sent(), end < 0 ? common : end), chunks);
  }

  private Last last(int count) throws ApiException, InterruptedException {
    var client = delivery.client();
    var own = delivery.server().keepsAllOutput(); // it counts places from the first chunk and refuses negative ones
    var first = own ? Math.max(0, client.output(attempt.taskId(), Integer.MAX_VALUE).total() - count) : -count;
    var page = client.output(attempt.taskId(), first);
    var text = new StringBuilder();
    var ours = ours(page, text);
    var read = page.chunks().size();
    while (own && read > 0 && first + read < page.total()) { // its answers have a size
      page = client.output(attempt.taskId(), first + read);
      ours += ours(page, text);
      read += page.chunks().size();
    }
    var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return new Last(bytes, page.total(), ours < read || page.total() <= count);
  }

  /** Adds the chunks that are none of an earlier attempt; says how many. */
  private int ours(ApiClient.Output page, StringBuilder text) {
    var ours = 0;
    for (var i = 0; i < page.chunks().size(); i++) {
      var at = page.times().get(i);
      if (at == null || !at.isBefore(attempt.createdAt())) {
        text.append(page.chunks().get(i));
        ours++;
      }
    }
    return ours;
  }

  private boolean endsAt(byte[] text, long end) throws IOException {
    return text.length <= end && Arrays.equals(transcript.bytes(end - text.length, text.length), text);
  }

  /** How many bytes the transcript begins with the text; where they differ, up to the line's start. */
  private long common(byte[] text) throws IOException {
    var begin = transcript.bytes(0, (int) Math.min(length, text.length));
    var differs = Arrays.mismatch(text, begin);
    var common = differs < 0 ? text.length : differs;
    while (differs >= 0 && common > 0 && text[common - 1] != '\n') {
      common--;
    }
    return common;
  }

  /** The end of the first place, not before what is delivered, where the transcript holds the end of the text; -1 for none. */
  private long searched(byte[] text) throws IOException {
    var tail = Arrays.copyOfRange(text, Math.max(0, text.length - MAX_SEARCHED), text.length);
    var wanted = new String(tail, StandardCharsets.ISO_8859_1); // a byte is a character, so that places are bytes
    for (var at = Math.max(0, delivered.sent() - tail.length); at + tail.length <= length; at += BLOCK - tail.length + 1) {
      var block = new String(transcript.bytes(at, (int) Math.min(BLOCK, length - at)), StandardCharsets.ISO_8859_1);
      var found = block.indexOf(wanted);
      if (found >= 0) {
        return at + found + tail.length;
      }
    }
    return -1;
  }
}
