package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code config check} finds what would fail at once in use, and {@code config show} shows what is used. */
class CheckTest {
  @TempDir
  Path home;

  @ParameterizedTest
  @CsvSource({"A2A_CA_FILE,/nonexistent.pem,certificate authorities in /nonexistent.pem,1", 
      "A2A_CA_FILE,/etc/hostname,/etc/hostname cannot be used,1", "A2A_TOKENS,'ci:,',tokens holds no token,1", "A2A_HOST,300.1.1.1,cannot listen on 300.1.1.1,1", 
      "A2A_AGENT_ENV,A=B,agent_env is 'A=B',1", "A2A_AGENT_ENV,A*B,agent_env is 'A*B',1", "A2A_CODEBASE_ROOTS,'/srv,/',codebase_roots is,1",
      "A2A_CODEBASE_ROOTS,/srv/..,codebase_roots is,1"})
  void whatFailsAtOnceInUseIsFound(String variable, String value, String what, int exit) {
    Ran.config(home, Map.of(variable, value), "check").fails(exit, what);
  }

  @ParameterizedTest
  @CsvSource({"A2A_HOST,0.0.0.0,without tokens,4", "A2A_TOKENS,abc,'tokens are given, and --no-token',2"})
  void findsWhatDoesNotGoWithNoToken(String variable, String value, String what, int exit) {
    var ran = Ran.config(home, Map.of(variable, value, "A2A_REQUIRE_TOKEN", "no"), "check");
    assertThat(ran.exit()).as(ran.toString()).isEqualTo(exit);
    assertThat(ran.err()).contains("every user of this machine can", "problem: ", what);
  }

  @Test
  void aNamedAgentThatIsNotThereIsAWarningForItMayComeLater() throws IOException {
    for (var named : new String[] {"/nonexistent/agent", "no-such-agent", Files.writeString(home.resolve("plain"), "").toString()}) {
      var ran = Ran.config(home, Map.of("A2A_AGENT_BIN", named), "check", "--json");
      assertThat(ran.exit()).isZero();
      assertThat(ran.err()).startsWith("warning: the ").contains(named).hasLineCount(1);
      assertThat(ran.setting("warnings")).hasSize(1);
      assertThat(ran.setting("ok").asBoolean()).isTrue();
    }
    var program = Map.of("A2A_AGENT_BIN", program("agent").toString());
    assertThat(Ran.config(home, program, "check").err()).isEmpty();
    assertThat(Ran.config(home, program, "show").out()).contains("(agent CLI)\t" + home.resolve("agent") + "\tagent_bin (A2A_AGENT_BIN)\n");
    assertThat(Ran.config(home, Map.of("A2A_AGENT_BIN", "no-such-agent"), "show", "--json").setting("agent_cli").path("why").asText())
        .contains("not on the PATH");
  }

  @Test
  void aProblemIsDataToo() throws IOException {
    var ran = Ran.config(home, Map.of("A2A_PORT", "none"), "check", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).startsWith("problem: port is 'none' (A2A_PORT)").hasLineCount(3);
    assertThat(ran.json().propertyStream().map(Map.Entry::getKey)).containsExactly("ok", "what", "why", "fix");
    assertThat(ran.json().path("ok").asBoolean(true)).isFalse();
    assertThat(ran.json().path("what").asText()).isEqualTo("port is 'none' (A2A_PORT)");
    assertThat(Ran.config(home, Map.of(), "check", "--json", "--port=none").exit()).isEqualTo(2);
  }

  @Test
  void whatIsUsedIsShownWhereNothingIsSet() throws IOException {
    var vars = Map.of("XDG_STATE_HOME", home.resolve("state").toString(), "A2A_WORKER_NAME", "my worker", "A2A_DATA", "/d");
    var before = Ran.config(home, vars, "show", "--json");
    assertThat(before.value("state_dir")).isEqualTo(home.resolve("state/a2a-worker/my_worker").toString());
    assertThat(before.value("db_path")).isEqualTo("/d/server.db");
    assertThat(before.setting("worker_id").path("value").isNull()).isTrue();
    assertThat(home.resolve("state")).doesNotExist();
    Files.createDirectories(home.resolve("state/a2a-worker/my_worker"));
    Files.writeString(home.resolve("state/a2a-worker/my_worker/worker-id"), "kept-id\n");
    assertThat(Ran.config(home, vars, "show", "--json").value("worker_id")).isEqualTo("kept-id");
    assertThat(Ran.config(home, vars, "show").out()).contains("worker_id\tkept-id\tdefault\n", "db_path\t/d/server.db\tdefault\n");
    assertThat(Ran.config(home, vars, "show", "--json", "--worker-id", "mine").value("worker_id")).isEqualTo("mine");
  }

  private Path program(String name) throws IOException {
    return Files.createFile(home.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }
}
