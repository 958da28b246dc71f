package tests.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of silences is one setting, of which each part can be set alone. */
class BudgetsTest {
  private static final String USUAL = "{\"lingering\":10,\"asking\":0,\"limited\":120,\"thinking\":3600,\"dead\":900}";

  @TempDir
  Path home;

  private Ran show(String... more) {
    var all = new String[more.length + 2];
    all[0] = "show";
    all[1] = "--json";
    System.arraycopy(more, 0, all, 2, more.length);
    return Ran.config(home, Map.of(), all);
  }

  private static String value(Ran ran) throws IOException {
    return ran.setting("silence").path("value").toString();
  }

  @Test
  void whatIsLeftOutHasItsDefault() throws IOException {
    assertThat(value(show())).isEqualTo(USUAL);
    assertThat(value(show("--silence", "dead=20m"))).isEqualTo(USUAL.replace("900", "1200"));
  }

  @Test
  void flagsAddUp() throws IOException {
    assertThat(value(show("--silence", "dead=1200", "--silence", "asking=1.5"))).isEqualTo(USUAL.replace("900", "1200")
        .replace("asking\":0", "asking\":1.5"));
  }

  @Test
  void aFileMayHaveAnObject() throws IOException {
    var file = Files.writeString(home.resolve("c.json"), "{\"silence\": {\"dead\": 1200, \"thinking\": \"2h\"}}");
    assertThat(value(show("--config", file.toString()))).isEqualTo(USUAL.replace("900", "1200").replace("3600", "7200"));
  }

  @Test
  void aBudgetThatCouldMeanNeverOrAtOnceIsRefused() {
    var ran = Ran.config(home, Map.of(), "check", "--silence", "dead=0");
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("silence is 'dead=0'", "dead takes seconds from 1 to 604800");
  }

  @Test
  void anUnknownKindIsRefusedWithTheKnownOnes() {
    var ran = Ran.config(home, Map.of(), "check", "--silence", "sleeping=5");
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("lingering, asking, limited, thinking, dead");
  }
}
