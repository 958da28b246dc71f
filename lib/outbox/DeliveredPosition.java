package lib.outbox;

import module java.base;
import lib.agent.output.Transcript;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.journal.Attempt.Position;
import lib.journal.Attempt;

/**
 * Finds how much of an attempt's transcript the server has, after a start: the journal may be lost, or older than it. It reads the
 * server's last chunks and looks for them in the transcript. In doubt output comes twice rather than never.
 */
record DeliveredPosition(Attempt attempt, Delivery delivery, Transcript transcript) {
  private static final int LAST = 75; // chunks, 2.4 MiB of a young task
  private static final int OWN_LAST = 30; // chunks, 7.5 MiB at most
  private static final int MAX_SEARCHED = 1 << 20; // bytes that are looked for; more would find no other place
  private static final int BLOCK = 4 << 20;

  /** The server's last chunks of this attempt. @param chunks of the task, by all attempts @param all whether they are all */
  private record Last(byte[] text, long chunks, boolean all) {}

  /**
   * Where the server's output ends.
   *
   * @param known what the journal says: the server has at least that, unless it forgot
   * @param length bytes of the transcript so far
   * @param complete whether the transcript grows no more
   * @return null when the server has output that the transcript does not hold yet
   */
  Position find(Position known, long length, boolean complete) throws ApiException, IOException, InterruptedException {
    var one = last(1);
    if (one.text.length == 0 || one.chunks == known.chunks() && endsAt(one.text, known.sent())) {
      return new Position(known.sent(), Math.max(known.chunks(), one.chunks));
    }
    var last = last(delivery.server().keepsAllOutput() ? OWN_LAST : LAST);
    var chunks = Math.max(known.chunks(), last.chunks);
    var common = last.all ? common(last.text, length) : 0;
    var end = last.all && common == last.text.length ? common : searched(last.text, known.sent(), length);
    if (end < 0 && !complete) {
      return null;
    }
    return new Position(Math.max(known.sent(), end < 0 ? common : end), chunks);
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
  private long common(byte[] text, long length) throws IOException {
    var begin = transcript.bytes(0, (int) Math.min(length, text.length));
    var differs = Arrays.mismatch(text, begin);
    var common = differs < 0 ? text.length : differs;
    while (differs >= 0 && common > 0 && text[common - 1] != '\n') {
      common--;
    }
    return common;
  }

  /** The end of the first place, not before {@code from}, where the transcript holds the end of the text; -1 for none. */
  private long searched(byte[] text, long from, long length) throws IOException {
    var tail = Arrays.copyOfRange(text, Math.max(0, text.length - MAX_SEARCHED), text.length);
    var wanted = new String(tail, StandardCharsets.ISO_8859_1); // a byte is a character, so that places are bytes
    for (var at = Math.max(0, from - tail.length); at + tail.length <= length; at += BLOCK - tail.length + 1) {
      var block = new String(transcript.bytes(at, (int) Math.min(BLOCK, length - at)), StandardCharsets.ISO_8859_1);
      var found = block.indexOf(wanted);
      if (found >= 0) {
        return at + found + tail.length;
      }
    }
    return -1;
  }
}
