package tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A command line that cannot be understood gets what, why and a fix, and help shows how to do it right. */
class UsageTest {
  @TempDir
  private Path folder;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(folder);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
      "tasks show --nope x | unknown option --nope | tasks show does not know it",
      "tasks show a b | unexpected argument b | within quotes",
      "tasks lst | unknown command lst | tasks has list, show, create, output, cancel, requeue",
      "tasks create --priority high x | --priority is 'high' | it must be a whole number",
      "tasks create | something is missing: PROMPT | tasks create needs it",
      "tasks list --status | something is missing: --status | it needs a value",
      "run --exit-when-idle -1 --local | --exit-when-idle is '-1' | it must be seconds from 0",
      "run --exit-when-idle NaN --local | --exit-when-idle is 'NaN' | it must be seconds from 0",
      "run --exit-when-idle Infinity --local | --exit-when-idle is 'Infinity' | it must be seconds from 0"})
  void whatIsWrongIsSaidInThreeLines(String line, String what, String why) {
    var ran = desk.alone(line.split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).startsWith("problem: " + what + "\n    why: ").contains(why, "\n    fix: ");
    assertThat(ran.err().lines()).hasSize(3);
  }

  @Test
  void aNearMissIsSuggested() {
    assertThat(desk.alone("tasks", "create", "--folow", "x").err()).contains("did you mean", "--follow");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "register", "tasks", "tasks list", "tasks show", "tasks create", "tasks output", "tasks cancel", "tasks requeue",
      "sessions", "sessions list", "sessions show", "sessions messages", "sessions resume"})
  void everyHelpHasAnExampleAndEndsWithWhatAllHave(String command) {
    var ran = desk.alone((command + " --help").split(" "));
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("\nExample: worker " + command).containsPattern("(?s)--help +print this help\n  -V, --version +print the version\n(\n|Commands)");
  }
}
