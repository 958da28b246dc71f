package tests.agent.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import lib.agent.output.OutputPosition;
import lib.agent.output.OutputSource.Piece;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.masking.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people see of an agent is whole and in order, however it is cut and wherever delivery goes on. */
class TranscriptTest {
  private static final long NO_CAP = 1L << 40;

  @TempDir
  Path state;

  @Test
  void textToolsAndStderrAreShownAndEventsWithoutWordsAreNot() throws IOException {
    var folder = folder();
    write(folder, "out", say("hello") + "{\"type\":\"step_start\"}\n" + "{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\",\"state\":"
        + "{\"status\":\"completed\",\"input\":{\"command\":\"ls -l\\nwc\"}}}}\n" + "plain line\n");
    write(folder, "err", "\u001b[91mwarning\u001b[0m\n");
    assertThat(all(folder, 1000)).isEqualTo("hello\n[bash] ls -l wc\nplain line\n[stderr] warning\n— done\n");
  }

  @Test
  void aToolIsOneLineWhateverItsNameAndArgumentHold() throws IOException {
    var folder = folder();
    write(folder, "out", "{\"type\":\"tool_use\",\"part\":{\"tool\":\"ba\\u001b[31msh\\u0007\\nx\","
        + "\"state\":{\"status\":\"error\",\"error\":"
        + "\"no\\r\\u001b[2Jway\",\"input\":{\"command\":\" a\\u001b]0;title\\u0007b \\t\\u2028 c\\u0000d\"}}}}\n");
    assertThat(all(folder, 1000)).isEqualTo("[bash x] ab c d — no way\n— done\n");
  }

  @Test
  void aLineIsGivenWhenItIsWholeAndTheRestWhenTheAgentIsGone() throws IOException {
    var folder = folder();
    var euro = "€".getBytes(StandardCharsets.UTF_8);
    Files.write(folder.file("out"), new byte[] {'a', euro[0], euro[1]});
    try (var transcript = new Transcript(folder, OutputPosition.START, NO_CAP, Redaction.NONE)) {
      assertThat(transcript.next(100).text()).isEmpty();
      Files.write(folder.file("out"), new byte[] {euro[2]}, StandardOpenOption.APPEND);
      assertThat(transcript.next(100).text()).isEmpty();
      assertThat(transcript.ended()).isFalse();
      transcript.complete();
      assertThat(transcript.next(100).text()).isEqualTo("a€\n");
    }
  }

  @Test
  void deliveryGoesOnExactlyWhereItStoodAtEveryPlace() throws IOException {
    var random = new Random(7);
    var folder = folder();
    var shown = new StringBuilder();
    for (var i = 0; i < 40; i++) {
      shown.append(mixed(folder, random, i));
    }
    write(folder, "err", "one\ntwo 😀\n");
    var whole = shown + "[stderr] one\n[stderr] two 😀\n— done\n";
    assertThat(all(folder, 1 << 20)).isEqualTo(whole);
    for (var run = 0; run < 200; run++) {
      var read = new StringBuilder();
      var at = OutputPosition.START;
      var ended = false;
      while (!ended) { // every piece is read by a new process
        try (var transcript = new Transcript(folder, at, NO_CAP, Redaction.NONE)) {
          transcript.complete();
          var piece = transcript.next(1 + random.nextInt(30));
          at = piece.end();
          read.append(piece.text());
          ended = transcript.ended();
        }
      }
      assertThat(read.toString()).isEqualTo(whole);
    }
  }

  @Test
  void aChunkThatWasOnItsWayIsGivenAgainToTheLetter() throws IOException {
    var folder = folder();
    write(folder, "out", say("one") + say("two 😀 three"));
    write(folder, "err", "first\n");
    var pieces = new ArrayList<Piece>();
    try (var transcript = new Transcript(folder, OutputPosition.START, NO_CAP, Redaction.NONE)) {
      pieces.add(transcript.next(9));
      write(folder, "out", say("four"));
      write(folder, "err", "second\n");
      pieces.add(transcript.next(9));
      pieces.add(transcript.next(100));
    }
    var from = OutputPosition.START;
    for (var piece : pieces) {
      try (var again = new Transcript(folder, from, NO_CAP, Redaction.NONE)) {
        assertThat(again.until(piece.end())).isEqualTo(piece);
      }
      from = piece.end();
    }
  }

  @Test
  void chunksOfAFileThatGrowsAreGivenAgainToTheLetterByALaterProcess() throws IOException {
    var random = new Random(11);
    var folder = folder();
    var shown = new StringBuilder();
    var read = new StringBuilder();
    var places = new ArrayList<>(List.of(OutputPosition.START));
    var pieces = new ArrayList<Piece>();
    try (var transcript = new Transcript(folder, OutputPosition.START, NO_CAP, Redaction.NONE)) {
      for (var i = 0; i < 4000; i++) { // several of the blocks in which files are read
        shown.append(mixed(folder, random, i));
        if (i % 7 == 0) {
          pieces.add(transcript.next(1 + random.nextInt(700)));
          read.append(pieces.getLast().text());
          places.add(pieces.getLast().end());
        }
      }
    }
    assertThat(shown.toString()).startsWith(read.toString());
    for (var i = 0; i < pieces.size(); i++) {
      try (var again = new Transcript(folder, places.get(i), NO_CAP, Redaction.NONE)) {
        assertThat(again.until(places.get(i + 1))).isEqualTo(pieces.get(i));
        var next = again.next(300).text();
        assertThat(shown.substring((int) places.get(i + 1).sent())).startsWith(next);
      }
    }
  }

  @Test
  void pastTheCapHeadAndTailAreKeptAndTheCutIsStated() throws IOException {
    var folder = folder();
    for (var i = 0; i < 1000; i++) {
      write(folder, "out", "line " + i + " of a flood\n");
    }
    try (var transcript = new Transcript(folder, OutputPosition.START, 4000, Redaction.NONE)) {
      var live = new StringBuilder();
      for (var piece = transcript.next(500); !piece.text().isEmpty(); piece = transcript.next(500)) {
        live.append(piece.text());
      }
      assertThat(live.toString()).startsWith("line 0 of a flood\n").hasSizeBetween(3000, 3600);
      transcript.complete();
      var rest = new StringBuilder();
      while (!transcript.ended()) {
        rest.append(transcript.next(500).text());
      }
      assertThat(rest.toString()).containsPattern("\\[\\d+ bytes of output were cut here").endsWith("line 999 of a flood\n— done\n")
          .hasSizeBetween(1000, 1300);
    }
  }

  @Test
  void theCutIsGivenAgainToTheLetterByALaterProcess() throws IOException {
    var folder = folder();
    for (var i = 0; i < 1000; i++) {
      write(folder, "out", "line " + i + " of a flood €\n");
      write(folder, "err", i % 50 == 0 ? "complaint " + i + "\n" : "");
    }
    var pieces = new ArrayList<Piece>();
    try (var transcript = new Transcript(folder, OutputPosition.START, 4000, Redaction.NONE)) {
      transcript.complete();
      while (!transcript.ended()) {
        pieces.add(transcript.next(300));
      }
    }
    for (var first = 0; first < pieces.size(); first++) { // chunks of one to three pieces
      var from = first == 0 ? OutputPosition.START : pieces.get(first - 1).end();
      var chunk = new StringBuilder();
      for (var last = first; last < Math.min(first + 3, pieces.size()); last++) {
        if (last > first && !pieces.get(last).end().follows(pieces.get(last - 1).end(), from)) {
          break;
        }
        chunk.append(pieces.get(last).text());
        try (var again = new Transcript(folder, from, 4000, Redaction.NONE)) {
          again.complete();
          assertThat(again.until(pieces.get(last).end())).isEqualTo(new Piece(chunk.toString(), pieces.get(last).end()));
        }
      }
    }
  }

  @Test
  void whatIsCutIsCountedAndTheEndIsKeptAlsoWithinOneLongLine() throws IOException {
    var folder = folder();
    write(folder, "out", "x".repeat(2999) + "\n" + "€".repeat(5000) + "THE END");
    try (var transcript = new Transcript(folder, OutputPosition.START, 4000, Redaction.NONE)) {
      transcript.complete();
      var text = new StringBuilder();
      while (!transcript.ended()) {
        text.append(transcript.next(500).text());
      }
      assertThat(text.toString()).endsWith("€THE END\n— done\n").doesNotContain("\uFFFD");
      var kept = text.substring(text.indexOf("€")).chars().filter(c -> c == '€').count();
      assertThat(text.toString()).contains("[" + (5000 - kept) * 3 + " bytes of output were cut here");
    }
  }

  @Test
  void lineOfManyMegabytesPasses() throws IOException {
    var folder = folder();
    write(folder, "out", say("x".repeat(30 << 20)));
    assertThat(all(folder, 256 << 10)).hasSize((30 << 20) + 1 + "— done\n".length());
  }

  /** Writes a line of some kind to the agent's output; returns what people are to see of it. */
  private static String mixed(AttemptDirectory folder, Random random, int i) throws IOException {
    return switch (random.nextInt(8)) {
      case 0 -> {
        var text = "said " + i + " 😀".repeat(random.nextInt(5));
        write(folder, "out", say(text));
        yield text + "\n";
      }
      case 1 -> line(folder, "plain €" + i, "plain €" + i);
      case 2 -> line(folder, "", "");
      case 3 -> line(folder, "tab\t" + i, "tab\t" + i);
      case 4 -> line(folder, "windows " + i + "\r", "windows " + i);
      case 5 -> line(folder, "\u001b[1mbold\u001b[0m " + i, "bold " + i);
      default -> line(folder, "plain " + i, "plain " + i);
    };
  }

  private static String line(AttemptDirectory folder, String written, String shown) throws IOException {
    write(folder, "out", written + "\n");
    return shown + "\n";
  }

  private String all(AttemptDirectory folder, int most) throws IOException {
    try (var transcript = new Transcript(folder, OutputPosition.START, NO_CAP, Redaction.NONE)) {
      transcript.complete();
      var text = new StringBuilder();
      while (!transcript.ended()) {
        var piece = transcript.next(most);
        assertThat(piece.text().length()).isLessThanOrEqualTo(most + 1);
        text.append(piece.text());
      }
      return text.toString();
    }
  }

  private AttemptDirectory folder() throws IOException {
    var folder = AttemptDirectory.of(state, "t1", 1);
    folder.writeInputs("prompt", Json.object(), Json.object());
    folder.close("— done\n");
    return folder;
  }

  private static String say(String text) {
    var line = Json.object().put("type", "text");
    line.putObject("part").put("text", text);
    return Json.write(line) + "\n";
  }

  private static void write(AttemptDirectory folder, String name, String text) throws IOException {
    Files.writeString(folder.file(name), text, StandardOpenOption.APPEND);
  }
}
