package tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command line that cannot be understood gets what, why and a fix, and help shows how to do it right. */
class UsageTest extends DeskTestBase {
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
    var ran = alone(line.split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).startsWith("problem: " + what + "\n    why: ").contains(why, "\n    fix: ");
    assertThat(ran.err().lines()).hasSize(3);
  }

  @Test
  void aNearMissIsSuggested() {
    assertThat(alone("tasks", "create", "--folow", "x").err()).contains("did you mean", "--follow");
  }
}
