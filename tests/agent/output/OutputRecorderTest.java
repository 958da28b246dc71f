package tests.agent.output;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.agent.output.Checkpoint;
import lib.agent.output.OutputRecorder;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The transcript of an agent is whole and in order, whichever process renders which part of it (P3). */
class OutputRecorderTest {
  private static final long NO_CAP = 1L << 40;

  @TempDir
  Path state;

  @Test
  void showsTextToolsAndStderrButNoEventsWithoutText() throws IOException {
    var folder = folder();
    write(folder, "out", say("hello") + "{\"type\":\"step_start\"}\n" + "{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\",\"state\":"
        + "{\"status\":\"completed\",\"input\":{\"command\":\"ls -l\\nwc\"}}}}\n" + "plain line\n");
    write(folder, "err", "\u001b[91mwarning\u001b[0m\n");
    assertThat(all(folder, NO_CAP)).isEqualTo("hello\n[bash] ls -l wc\nplain line\n[stderr] warning\n— done\n");
  }

  @Test
  void showsAToolInOneLineWhateverItsNameAndArgumentHold() throws IOException {
    var folder = folder();
    write(folder, "out", "{\"type\":\"tool_use\",\"part\":{\"tool\":\"ba\\u001b[31msh\\u0007\\nx\","
        + "\"state\":{\"status\":\"error\",\"error\":"
        + "\"no\\r\\u001b[2Jway\",\"input\":{\"command\":\" a\\u001b]0;title\\u0007b \\t\\u2028 c\\u0000d\"}}}}\n");
    assertThat(all(folder, NO_CAP)).isEqualTo("[bash x] ab c d — no way\n— done\n");
  }

  @Test
  void rendersALineWhenItIsWholeAndTheRestWhenTheAgentIsGone() throws IOException {
    var folder = folder();
    var euro = "€".getBytes(StandardCharsets.UTF_8);
    Files.write(folder.file("out"), new byte[] {'a', euro[0], euro[1]});
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      recorder.read(false);
      assertThat(text(folder)).isEmpty();
      Files.write(folder.file("out"), new byte[] {euro[2]}, StandardOpenOption.APPEND);
      recorder.read(false);
      assertThat(text(folder)).isEmpty();
      recorder.read(true);
      assertThat(text(folder)).isEqualTo("a€\n");
      assertThat(recorder.length()).isEqualTo("a€\n".getBytes(StandardCharsets.UTF_8).length);
      recorder.finish("— done\n");
      assertThat(text(folder)).isEqualTo("a€\n— done\n");
    }
  }

  @Test
  void continuesAtEveryCheckpointWithoutLossOrRepetition() throws IOException {
    var random = new Random(7);
    for (var run = 0; run < 5; run++) {
      var folder = folder(state, "run" + run);
      var outText = new StringBuilder();
      var errText = new StringBuilder();
      for (var round = 0; round < 30; round++) { // another process renders what each round writes
        for (var i = random.nextInt(4); i > 0; i--) {
          outText.append(mixed(folder, random, 10 * round + i));
        }
        if (random.nextInt(3) == 0) {
          write(folder, "err", "complaint " + round + "\n");
          errText.append("[stderr] complaint ").append(round).append('\n');
        }
        try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
          for (var reads = random.nextInt(3); reads > 0; reads--) {
            recorder.read(false);
          }
        }
        if (random.nextInt(4) == 0) { // it wrote more, and died before it moved the checkpoint
          Files.writeString(folder.file("transcript"), "half a li", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
      }
      var whole = all(folder, NO_CAP);
      assertThat(lines(whole, false)).isEqualTo(outText + "— done\n");
      assertThat(lines(whole, true)).isEqualTo(errText.toString());
    }
  }

  @Test
  void rendersAgainWhenALossOfPowerTookTheTranscript() throws IOException {
    var folder = folder();
    write(folder, "out", say("one") + say("two"));
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      recorder.read(false);
    }
    Files.write(folder.file("transcript"), new byte[0]);
    assertThat(all(folder, NO_CAP)).isEqualTo("one\ntwo\n— done\n");
    Files.write(folder.file("checkpoint"), new byte[20]);
    assertThat(all(folder, NO_CAP)).isEqualTo("one\ntwo\n— done\n");
  }

  @Test
  void changesNothingInACompleteTranscript() throws IOException {
    var folder = folder();
    write(folder, "out", say("one"));
    var first = all(folder, NO_CAP);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      recorder.finish("— another end\n");
      assertThat(recorder.analyzer().findings().text()).isEqualTo("one");
    }
    assertThat(text(folder)).isEqualTo(first);
    assertThat(Checkpoint.read(folder).complete()).isTrue();
  }

  @Test
  void findingsBeginAgainWithASecondStartButTheTranscriptContinues() throws IOException {
    var folder = folder();
    write(folder, "out", say("of the first"));
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      recorder.read(true);
      folder.prepareRestart("the session is gone");
      recorder.restart();
      write(folder, "out", say("of the second"));
      recorder.read(true);
      assertThat(recorder.analyzer().findings().text()).isEqualTo("of the second");
    }
    try (var later = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      later.finish("— done\n");
      assertThat(later.analyzer().findings().text()).isEqualTo("of the second");
    }
    assertThat(text(folder)).isEqualTo("of the first\nof the second\n— done\n");
  }

  @Test
  void keepsTextInMemoryWhileTheTranscriptCannotBeWritten() throws IOException {
    var folder = folder();
    var inTheWay = Files.createDirectories(folder.file("checkpoint.tmp").resolve("full"));
    write(folder, "out", say("one"));
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      recorder.read(false);
      assertThat(recorder.length()).isZero();
      assertThat(recorder.analyzer().lines()).isEqualTo(1);
      assertThatThrownBy(() -> recorder.finish("— done\n")).isInstanceOf(IOException.class);
      Files.delete(inTheWay);
      recorder.finish("— done\n");
    }
    assertThat(text(folder)).isEqualTo("one\n— done\n");
  }

  @Test
  void saysThatTheAgentsFileIsGone() throws IOException {
    var folder = folder();
    Files.delete(folder.file("out"));
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, NO_CAP)) {
      assertThatThrownBy(() -> recorder.read(false)).isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  void keepsHeadAndTailPastTheCapAndStatesTheCut() throws IOException {
    var folder = folder();
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 4000)) {
      for (var i = 0; i < 1000; i++) {
        write(folder, "out", "line " + i + " of a flood\n");
        if (i % 10 == 0) {
          recorder.read(false);
        }
      }
      assertThat(text(folder)).startsWith("line 0 of a flood\n").hasSizeBetween(2700, 3000);
    }
    var text = all(folder, 4000); // by a later process
    assertThat(text).startsWith("line 0 of a flood\n").containsPattern("\n\\[\\d+ bytes of output were cut here")
        .endsWith("line 999 of a flood\n— done\n").hasSizeBetween(3900, 4200);
    assertThat(folder.file("tail")).doesNotExist();
  }

  @Test
  void countsWhatIsCutAndKeepsTheEndWithinOneLongLine() throws IOException {
    for (var shift = 0; shift < 3; shift++) {
      var folder = folder(state, "cut" + shift);
      write(folder, "out", "x".repeat(2999) + "\n" + "€".repeat(5000) + "y".repeat(shift) + "THE END");
      var text = all(folder, 4000);
      assertThat(text).endsWith("THE END\n— done\n").doesNotContain("\uFFFD");
      var kept = text.substring(text.indexOf("€")).chars().filter(c -> c == '€').count();
      assertThat(text).contains("[" + (5000 - kept) * 3 + " bytes of output were cut here");
    }
  }

  @Test
  void cutsNothingWhenAllThatIsLeftFitsIntoTheTail() throws IOException {
    var folder = folder();
    write(folder, "out", "x\n".repeat(1900));
    assertThat(all(folder, 4000)).isEqualTo("x\n".repeat(1900) + "— done\n");
  }

  @Test
  void passesALineOfManyMegabytes() throws IOException {
    var folder = folder();
    write(folder, "out", say("x".repeat(6 << 20)));
    assertThat(all(folder, NO_CAP)).hasSize((6 << 20) + 1 + "— done\n".length());
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

  /** The lines of stderr, or the others. */
  private static String lines(String text, boolean stderr) {
    var kept = new StringBuilder();
    text.lines().filter(line -> line.startsWith("[stderr]") == stderr).forEach(line -> kept.append(line).append('\n'));
    return kept.toString();
  }

  private static String all(AttemptDirectory folder, long cap) throws IOException {
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, cap)) {
      recorder.finish("— done\n");
    }
    return text(folder);
  }

  static String text(AttemptDirectory folder) throws IOException {
    var transcript = new Transcript(folder);
    return new String(transcript.bytes(0, (int) transcript.checkpoint().length()), StandardCharsets.UTF_8);
  }

  private AttemptDirectory folder() throws IOException {
    return folder(state, "t1");
  }

  /** The directory of a task's first attempt, with its inputs. */
  static AttemptDirectory folder(Path state, String task) throws IOException {
    var folder = AttemptDirectory.of(state, task, 1);
    folder.writeInputs("prompt", Json.object(), Json.object());
    return folder;
  }

  static String say(String text) {
    var line = Json.object().put("type", "text");
    line.putObject("part").put("text", text);
    return Json.write(line) + "\n";
  }

  static void write(AttemptDirectory folder, String name, String text) throws IOException {
    Files.writeString(folder.file(name), text, StandardOpenOption.APPEND);
  }
}
