package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.core.Environment;
import lib.core.PrintableText;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What others wrote cannot steer the terminal that it is printed on, nor reorder what a person reads. */
class PrintedTest {
  private static final String EVIL = "a\u001b[2Jb\u009bc\u202ed\u2028e\u2029f\ufeffg\nh";
  private static final String[] RAW = {"\u001b", "\u009b", "\u202e", "\u2028", "\u2029", "\ufeff"};

  @ParameterizedTest
  @CsvSource({"1b,001b", "9b,009b", "7f,007f", "202e,202e", "2066,2066", "2028,2028", "2029,2029", "200d,200d", "d800,d800", "e0041,db40\\udc41"})
  void controlAndFormatCharactersAreShownByTheirCode(String character, String shown) {
    var text = Character.toString(Integer.parseInt(character, 16));
    assertThat(PrintableText.of("a" + text + "b")).isEqualTo("a\\u" + shown + "b");
    assertThat(PrintableText.is(text)).isFalse();
  }

  @Test
  void anythingElseStaysAsItIs() {
    var text = "Grüße, 日本 — “…” 😀";
    assertThat(PrintableText.of(text)).isEqualTo(text);
    assertThat(PrintableText.is(text)).isTrue();
  }

  @Test
  void aProblemIsThreeLinesOrOneWhateverIsInIt() {
    var problem = new Problem(EVIL, EVIL, EVIL);
    assertThat(problem.text()).doesNotContain(RAW).contains("\\u001b[2J", "\\u202e", "\\u000a").hasLineCount(3);
    assertThat(problem.line()).doesNotContain(RAW).hasLineCount(1);
  }

  @Test
  void aWarningAndARowAreOneLineEach() {
    for (var terminal : List.of(true, false)) {
      var printed = new ByteArrayOutputStream();
      var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
      var io = new CommandIo(InputStream.nullInputStream(), stream, stream, terminal, new Environment(Map.of(), Path.of("/"), Path.of("/"), "h"));
      io.warn(EVIL);
      io.print(TextTable.of(io, List.of("A", "B"), List.of(List.of(EVIL, "x\ty"))));
      assertThat(printed.toString(StandardCharsets.UTF_8)).doesNotContain(RAW).contains("warning: a\\u001b[2J", "g h", "x y")
          .hasLineCount(terminal ? 3 : 2);
    }
  }
}
