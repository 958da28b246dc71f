package tests.agent.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.agent.output.OutputAnalyzer;
import lib.agent.output.OutputPosition;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.masking.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No piece of an agent's output shows a secret, however it is cut and wherever delivery goes on. */
class MaskedTranscriptTest {
  private static final long NO_CAP = 1L << 40;
  private static final String SECRET = "hunter2hunter2";
  private static final String TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
  private static final Redaction GATE = Redaction.of(Map.of(SECRET, "KEY"));
  /** A key of some lines, none of which GATE was told. */
  private static final String KEY = "-----BEGIN PRIVATE KEY-----\n" + IntStream.range(0, 6).mapToObj(i -> "MIIEpAIBAAKCAQEA" + i + "\n")
      .collect(Collectors.joining()) + "Zz9=\n-----END PRIVATE KEY-----\n";

  @TempDir
  Path state;

  @Test
  void deliveryThatGoesOnAtAnyPlaceShowsTheSameMaskedText() throws IOException {
    var folder = folder();
    write(folder, "out", "plain\nwith " + SECRET + " in it\n" + say("said " + SECRET + "\nand " + TOKEN) + "more\n" + KEY + "between\n"
        + say("an event") + "€ " + SECRET + "\n" + KEY.replace("\n", "\r\n") + say(KEY) + "the end\n");
    write(folder, "err", KEY + "warning " + SECRET + "\n");
    var whole = rest(folder, OutputPosition.START, 1 << 20);
    assertHidden(whole);
    assertThat(whole).contains("with [KEY*********] in it\n", "said [KEY*********]\n", "between\n", "the end\n",
        "[stderr] warning [KEY*********]\n",
        "— masked: KEY 4, private key 28, token shape 1\n");
    for (var size = 1; size < 40; size++) {
      for (var at = OutputPosition.START; ; ) { // another process reads on from every piece
        try (var transcript = new Transcript(folder, at, NO_CAP, GATE)) {
          transcript.complete();
          var piece = transcript.next(size);
          assertThat(whole.substring((int) at.sent())).startsWith(piece.text());
          at = piece.end();
          if (transcript.ended()) {
            break;
          }
        }
      }
      assertThat(rest(folder, OutputPosition.START, size)).isEqualTo(whole);
    }
  }

  @Test
  void whatWasMaskedIsToldAlsoByAProcessThatBeganAfterIt() throws IOException {
    var folder = folder();
    write(folder, "out", SECRET + "\nplain\n");
    var at = OutputPosition.START;
    try (var transcript = new Transcript(folder, at, NO_CAP, GATE)) {
      at = transcript.next(SECRET.length() + 1).end();
    }
    assertThat(rest(folder, at, 100)).isEqualTo("plain\n— done\n— masked: KEY 1\n");
  }

  @Test
  void aLineTooLongToBeReadAtOnceIsNotPartedWithinASecret() throws IOException {
    var folder = folder();
    var parts = (int) Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 32);
    var line = new StringBuilder("x".repeat(parts - 7)).append(SECRET).append(' ').append(TOKEN).append("\n");
    line.setCharAt(parts - 8, ' ');
    write(folder, "out", line.toString());
    var whole = rest(folder, OutputPosition.START, 1 << 20);
    assertThat(whole).contains("[KEY*********]");
    assertHidden(whole.substring(parts - 100));
    try (var found = new OutputAnalyzer(folder, GATE)) {
      while (found.read(true)) {
        continue;
      }
      assertHidden(found.text());
    }
  }

  @Test
  void whereTheMiddleIsCutNeitherSideShowsPartOfASecret() throws IOException {
    for (var shift = 0; shift < 2 * SECRET.length(); shift++) {
      var folder = folder();
      Files.writeString(folder.file("out"), "x".repeat(2999) + "\n" + "z".repeat(4000) + SECRET + "y".repeat(1000 - shift));
      try (var transcript = new Transcript(folder, OutputPosition.START, 4000, GATE)) {
        transcript.complete();
        var text = new StringBuilder();
        while (!transcript.ended()) {
          text.append(transcript.next(500).text());
        }
        assertThat(text.toString()).contains("bytes of output were cut here").doesNotContain("2y", "hunter");
      }
    }
  }

  @Test
  void whereTheMiddleIsCutAKeyThatBeganBeforeIsStillKnown() throws IOException {
    var folder = folder();
    Files.writeString(folder.file("out"), "x".repeat(2999) + "\n" + "z\n".repeat(1000)
        + KEY.replace("Zz9=", "MIIEaaaa\n".repeat(110) + "Zz9="));
    try (var transcript = new Transcript(folder, OutputPosition.START, 4000, GATE)) {
      transcript.complete();
      var text = new StringBuilder();
      while (!transcript.ended()) {
        text.append(transcript.next(500).text());
      }
      assertThat(text.toString()).contains("bytes of output were cut here", "END PRIVATE KEY").doesNotContain("BEGIN", "MIIE", "Zz9");
    }
  }

  @Test
  void aToolsLineIsMaskedBeforeItIsShortened() throws IOException {
    var folder = folder();
    for (var before = 130; before < 165; before++) {
      var line = Json.object().put("type", "tool_use");
      var part = line.putObject("part").put("tool", "bash");
      part.putObject("state").put("status", "completed").putObject("input").put("command", "c".repeat(before) + SECRET);
      write(folder, "out", Json.write(line) + "\n");
    }
    assertThat(rest(folder, OutputPosition.START, 1 << 20)).doesNotContain("hunt");
  }

  @Test
  void aResultTooLongAndTheTailOfStderrShowNoPartOfASecret() throws IOException {
    for (var shift = 0; shift < SECRET.length() + 2; shift++) {
      var folder = folder();
      var half = 1 << 19;
      Files.writeString(folder.file("out"), "a".repeat(half - shift) + SECRET + "b".repeat(4 * half) + "\n" + "c".repeat(10) + SECRET
          + "d".repeat(half - shift) + "\n");
      write(folder, "err", KEY.replace("Zz9=", "MIIEaaaa\n".repeat(30) + "Zz9=") + "x".repeat(490 + shift % 10) + SECRET + "\n");
      try (var found = new OutputAnalyzer(folder, GATE)) {
        while (found.read(true)) {
          continue;
        }
        assertThat(found.text()).contains("characters were cut here").doesNotContain("hunt", "2d", "r2h");
        assertThat(found.stderr()).doesNotContain("MIIE", "Zz9", "hunt");
      }
    }
  }

  private static void assertHidden(String text) {
    assertThat(text).doesNotContain("hunter2", "ghp_a1", "MIIE", "Zz9");
  }

  private static String rest(AttemptDirectory folder, OutputPosition from, int size) throws IOException {
    var text = new StringBuilder();
    try (var transcript = new Transcript(folder, from, NO_CAP, GATE)) {
      transcript.complete();
      while (!transcript.ended()) {
        text.append(transcript.next(size).text());
      }
    }
    return text.toString();
  }

  private AttemptDirectory folder() throws IOException {
    var folder = AttemptDirectory.of(state, "t1", 1);
    folder.clear();
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
