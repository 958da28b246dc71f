package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.http.SseParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every spelling of the event stream format is read, and no stream, however broken, yields a wrong event. */
class SseParserTest {

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n"})
  void everyLineEndIsUnderstood(String end) throws IOException {
    var text = String.join(end, "event: a", "data: 1", "data: 2", "", "", ": remark", "data:3", "", "");
    assertThat(read(text)).containsExactly(new SseParser.Event("a", "1\n2", null), new SseParser.Event("message", "3", null));
  }

  @Test
  void lineEndsMayBeMixed() throws IOException {
    assertThat(read("data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\r\r")).extracting(SseParser.Event::data).containsExactly("1\n2\n3", "4");
  }

  @Test
  void onlyOneSpaceAfterTheColonIsDropped() throws IOException {
    assertThat(read("data:  x \n\ndata:y\n\ndata\n\ndata:\ndata:\n\n")).extracting(SseParser.Event::data).containsExactly(" x ", "y", "", "\n");
  }

  @Test
  void eventsWithoutDataAreNone() throws IOException {
    assertThat(read("event: a\n\nid: 5\n\nunknown: x\n\ndata: y\n\n")).containsExactly(new SseParser.Event("message", "y", "5"));
  }

  @Test
  void commentsAndUnknownFieldsChangeNothing() throws IOException {
    assertThat(read(": ping\n:\ndata: a\nDATA: b\ndatas: c\n:data: d\n\n")).extracting(SseParser.Event::data).containsExactly("a");
  }

  @Test
  void aByteOrderMarkIsSkippedAtTheStartOnly() throws IOException {
    assertThat(read("\uFEFFdata: a\n\ndata: \uFEFFb\n\n")).extracting(SseParser.Event::data).containsExactly("a", "\uFEFFb");
  }

  @Test
  void theLastIdStaysUntilTheNextAndOneWithANulIsIgnored() throws IOException {
    var sse = sse("id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\nid\ndata: d\n\n");
    assertThat(all(sse)).extracting(SseParser.Event::id).containsExactly("7", "7", "7", "");
  }

  @Test
  void anIdTooLongForAHeaderIsIgnored() throws IOException {
    var longest = "i".repeat(1024);
    assertThat(read("id: " + longest + "\ndata: a\n\nid: " + longest + "i\ndata: b\n\n")).extracting(SseParser.Event::id)
        .containsExactly(longest, longest);
  }

  @Test
  void theServersWishForReconnectsIsReadWhenItIsANumber() throws IOException {
    var sse = sse("retry: 250\ndata: a\n\nretry: soon\ndata: b\n\nretry: -1\nretry: 99999999999999999999\ndata: c\n\n");
    assertThat(sse.retryMillis()).isEqualTo(-1);
    assertThat(all(sse)).hasSize(3);
    assertThat(sse.retryMillis()).isEqualTo(250);
  }

  @Test
  void anEventCutByTheEndOfTheStreamIsDropped() throws IOException {
    assertThat(read("data: whole\n\ndata: cut")).extracting(SseParser.Event::data).containsExactly("whole");
    assertThat(read("data: whole\n\ndata: cut\n")).extracting(SseParser.Event::data).containsExactly("whole");
    assertThat(read("")).isEmpty();
  }

  @Test
  void aStreamCutInTheMiddleOfACharacterEndsWithoutAnEvent() throws IOException {
    var bytes = "data: a\n\ndata: ä".getBytes(StandardCharsets.UTF_8);
    assertThat(all(new SseParser(new ByteArrayInputStream(bytes, 0, bytes.length - 1)))).hasSize(1);
  }

  @Test
  void charactersSplitBetweenReadsStayWhole() throws IOException {
    var bytes = "data: grüße 😀\n\n".getBytes(StandardCharsets.UTF_8);
    var pieces = new ArrayList<InputStream>();
    for (var b : bytes) {
      pieces.add(new ByteArrayInputStream(new byte[] {b}));
    }
    assertThat(all(new SseParser(new SequenceInputStream(Collections.enumeration(pieces))))).extracting(SseParser.Event::data)
        .containsExactly("grüße 😀");
  }

  @Test
  void aLargeEventIsWhole() throws IOException {
    var large = "x".repeat(5 << 20);
    assertThat(read("data: " + large + "\n\ndata: next\n\n")).extracting(e -> e.data().length()).containsExactly(5 << 20, 4);
  }

  @Test
  void anEventPastTheBoundIsSkippedAndNeverGivenInPart() throws IOException {
    var events = new ArrayList<String>();
    var one = "data: " + "x".repeat(200) + "\n\n";
    var many = "data: 0123456789\n".repeat(20) + "\n";
    var sse = new SseParser(new ByteArrayInputStream((one + "data: a\n\n" + many + "data: b\n\n").getBytes(StandardCharsets.UTF_8)), 100);
    for (var event = sse.next(); event != null; event = sse.next()) {
      events.add(event.data());
    }
    assertThat(events).containsExactly("a", "b");
  }

  private static List<SseParser.Event> read(String text) throws IOException {
    return all(sse(text));
  }

  private static SseParser sse(String text) {
    return new SseParser(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<SseParser.Event> all(SseParser sse) throws IOException {
    var events = new ArrayList<SseParser.Event>();
    for (var event = sse.next(); event != null; event = sse.next()) {
      events.add(event);
    }
    return events;
  }
}
