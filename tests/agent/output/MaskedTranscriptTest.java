package tests.agent.output;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static tests.agent.output.OutputRecorderTest.*;

import lib.agent.adapter.PlainCommand;
import lib.agent.output.OutputRecorder;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No part of an agent's output shows a secret, whichever process renders which part of it (P7). */
class MaskedTranscriptTest {
  private static final long NO_CAP = 1L << 40;
  private static final String SECRET = "hunter2hunter2";
  private static final String TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
  private static final Redaction GATE = Redaction.of(Map.of(SECRET, "KEY"));
  /** A key of some lines, none of which GATE knows. */
  private static final String KEY = "-----BEGIN PRIVATE KEY-----\n" + IntStream.range(0, 6).mapToObj(i -> "MIIEpAIBAAKCAQEA" + i + "\n")
      .collect(Collectors.joining()) + "Zz9=\n-----END PRIVATE KEY-----\n";

  @TempDir
  Path state;

  @Test
  void showsTheSameMaskedTextWhicheverProcessRendersEachLine() throws IOException {
    var lines = List.of("plain\n", "with " + SECRET + " in it\n", say("said " + SECRET + "\nand " + TOKEN), "more\n", KEY, "between\n",
        say("an event"), say("hunt"), say("er2hunter2"), "€ " + SECRET + "\n", say(KEY), "the end\n");
    var once = folder(state, "once");
    write(once, "out", String.join("", lines));
    var whole = finish(once, NO_CAP);
    assertHidden(whole);
    assertThat(whole).contains("plain\nwith [KEY] in it\nsaid [KEY]\n", "between\nan event\n", "the end\n— done\n— masked: KEY ");
    var often = folder(state, "often");
    for (var line : lines) {
      for (var at = 0; at < line.length(); at += 20) {
        write(often, "out", line.substring(at, Math.min(line.length(), at + 20)));
        try (var recorder = new OutputRecorder(often, GATE, NO_CAP)) {
          recorder.read(false);
        }
        assertHidden(text(often));
      }
    }
    assertThat(finish(often, NO_CAP)).isEqualTo(whole);
  }

  @Test
  void partsNoLineOfStderrByTextThatIsHeldBack() throws IOException {
    var folder = folder(state, "held");
    write(folder, "out", "hunter2hunt");
    write(folder, "err", "warning " + SECRET + "\n" + KEY);
    try (var recorder = new OutputRecorder(folder, GATE, NO_CAP)) {
      recorder.read(false);
      write(folder, "out", "er2\nend\n");
      recorder.read(false);
    }
    assertThat(finish(folder, NO_CAP).lines().toList()).contains("[stderr] warning [KEY]", "[KEY]", "end").noneMatch(line -> line.contains("MIIE"));
  }

  @Test
  void masksASecretThatLiesInTwoPartsOfALongLine() throws IOException {
    var folder = folder(state, "long");
    var parts = (int) Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 32);
    var line = new StringBuilder("x".repeat(parts - 7)).append(SECRET).append(' ').append(TOKEN).append("\n");
    line.setCharAt(parts - 8, ' ');
    write(folder, "out", line.toString());
    try (var recorder = new OutputRecorder(folder, GATE, NO_CAP)) {
      recorder.finish("");
      var text = text(folder);
      assertThat(text).contains("[KEY]");
      assertHidden(text.substring(parts - 100));
      assertHidden(recorder.analyzer().findings().text());
    }
  }

  @Test
  void showsNoPartOfASecretWhereTheMiddleIsCut() throws IOException {
    for (var shift = 0; shift < 2 * SECRET.length(); shift++) {
      var folder = folder(state, "cut" + shift);
      write(folder, "out", "x".repeat(2999) + "\n" + "z".repeat(4000) + " " + SECRET + " " + "y".repeat(1000 - shift));
      assertThat(finish(folder, 4000)).contains("bytes of output were cut here").doesNotContain("2 y", "hunter");
    }
  }

  @Test
  void masksAToolsLineBeforeItIsShortened() throws IOException {
    var folder = folder(state, "tools");
    for (var before = 130; before < 165; before++) {
      var line = Json.object().put("type", "tool_use");
      var part = line.putObject("part").put("tool", "bash");
      part.putObject("state").put("status", "completed").putObject("input").put("command", "c".repeat(before) + " " + SECRET);
      write(folder, "out", Json.write(line) + "\n");
    }
    assertThat(finish(folder, NO_CAP)).doesNotContain("hunt");
  }

  @Test
  void showsNoPartOfASecretInALongResultAndInTheEndOfStderr() throws IOException {
    for (var shift = 0; shift < SECRET.length() + 2; shift += 3) {
      var folder = folder(state, "result" + shift);
      folder.adapter(new PlainCommand());
      var half = 1 << 19;
      write(folder, "out", "a".repeat(half - shift) + " " + SECRET + " " + "b".repeat(4 * half) + "\n" + "c".repeat(10) + " " + SECRET + " "
          + "d".repeat(half - shift) + "\n");
      write(folder, "err", KEY + "x".repeat(480 + shift % 10) + " " + SECRET + "\n");
      try (var recorder = new OutputRecorder(folder, GATE, NO_CAP)) {
        recorder.finish("");
        assertThat(recorder.analyzer().findings().text()).contains("characters were cut here").doesNotContain("hunt", "2 d", "r2h");
        assertThat(recorder.analyzer().findings().stderr()).doesNotContain("MIIE", "Zz9", "hunt");
      }
    }
  }

  private static void assertHidden(String text) {
    assertThat(text).doesNotContain("hunter2", "ghp_a1", "MIIE", "Zz9");
  }

  private static String finish(AttemptDirectory folder, long cap) throws IOException {
    try (var recorder = new OutputRecorder(folder, GATE, cap)) {
      recorder.finish("— done\n");
    }
    return text(folder);
  }
}
