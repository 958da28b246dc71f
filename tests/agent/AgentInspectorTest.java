package tests.agent;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.agent.AgentHealth;
import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.core.Environment;
import lib.core.Problem;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;

/** What is known of an agent program is true of the file that is there, no guess is kept, and readers never wait. */
@Timeout(60)
class AgentInspectorTest {
  private static final String KEY = "hunter2hunter2hunter2";

  @TempDir
  Path temp;
  private final FakeTime time = new FakeTime();
  private final List<String> heard = new ArrayList<>();
  private final AgentListener listener = new AgentListener() {
    @Override
    public void agentAvailable() {
      heard.add("available");
    }

    @Override
    public void modelsChanged() {
      heard.add("models");
    }
  };

  @Test
  void asksOnceUntilTheFileIsAnotherEvenOfTheSameTimeAndSize() throws Exception {
    var agent = program("opencode", "echo >>'" + temp + "/asked'; echo 1.0.1");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", agent.toString()));
    inspector.inspect();
    inspector.inspect();
    assertThat(inspector.facts().version()).isEqualTo("1.0.1");
    assertThat(temp.resolve("asked")).content().hasLineCount(1);
    Files.move(program("new", "echo >>'" + temp + "/asked'; echo 1.0.2"), agent, StandardCopyOption.REPLACE_EXISTING);
    inspector.inspect();
    assertThat(inspector.facts().version()).isEqualTo("1.0.2");
  }

  @Test
  void asksTheProgramThatALinkLeadsToNow() throws Exception {
    var link = Files.createSymbolicLink(temp.resolve("link"), program("old", "echo 1.0.1"));
    var inspector = inspector(Map.of("A2A_AGENT_BIN", link.toString()));
    inspector.inspect();
    Files.delete(link);
    Files.createSymbolicLink(link, program("claude", "echo '2.1.197 (Claude Code)'"));
    inspector.inspect();
    assertThat(inspector.facts().adapter().kind()).isEqualTo("claude");
    assertThat(inspector.facts().version()).startsWith("2.1.197");
  }

  @Test
  void knowsAKindByItsNameWithoutAsking() throws Exception {
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("claude", "echo >>'" + temp + "/asked'").toString()));
    assertThat(inspector.require().adapter().kind()).isEqualTo("claude");
    assertThat(temp.resolve("asked")).doesNotExist();
  }

  @Test
  void keepsNoGuessWhenAProgramDoesNotAnswerAndAsksAgain() throws Exception {
    var ready = temp.resolve("ready");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("agent", "[ -e '" + ready + "' ] || exit 1; echo codex-cli 0.169.0").toString()));
    inspector.inspect();
    assertThat(inspector.facts().adapter()).isNull();
    assertThat(inspector.facts().hold()).get().asString().contains("exit code 1", "set agent_kind");
    assertThatThrownBy(inspector::require).isInstanceOf(Problem.class);
    Files.createFile(ready);
    time.advance(Duration.ofSeconds(20)); // it was asked twice in vain
    inspector.inspect();
    assertThat(inspector.facts().adapter().kind()).isEqualTo("codex");
  }

  @Test
  void asksAProgramForItsUsageWhoseVersionSeveralKindsCouldGive() throws Exception {
    var usages = Map.of("opencode", "echo '  opencode run [message..]  run opencode' >&2", "gemini", "echo '  gemini [query..]  Launch Gemini CLI'",
        "cline", "echo 'Usage: cline [options] [command] [prompt]'; exit 1");
    for (var usage : usages.entrySet()) {
      var inspector = inspector(Map.of("A2A_AGENT_BIN", program("agent", "[ $1 = --version ] && echo 0.61.0 || { " + usage.getValue() + "; }").toString()));
      inspector.inspect();
      if (usage.getKey().equals("opencode")) {
        assertThat(inspector.facts().adapter().kind()).isEqualTo("opencode");
        assertThat(inspector.facts().version()).isEqualTo("0.61.0");
      } else {
        assertThat(inspector.facts().hold()).as(usage.getKey()).get().asString().contains("it calls itself '0.61.0'", "set agent_kind");
      }
      Files.delete(temp.resolve("agent"));
    }
  }

  @Test
  void asksAProgramAgainWhoseAnswerNoKindGives() throws Exception {
    var answer = Files.writeString(temp.resolve("answer"), "gadget 7\n");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("agent", "cat '" + answer + "'").toString()));
    inspector.inspect();
    assertThat(inspector.facts().hold()).get().asString().contains("it calls itself 'gadget 7'");
    Files.writeString(answer, "codex-cli 0.169.0\n");
    inspector.inspect();
    assertThat(inspector.facts().adapter()).as("not at every look").isNull();
    time.advance(Duration.ofSeconds(10));
    inspector.inspect();
    assertThat(inspector.facts().adapter().kind()).isEqualTo("codex");
    assertThat(inspector.facts().hold()).isEmpty();
    assertThat(heard).containsExactly("available");
  }

  @Test
  void waitsForTheVersionOnlyWhereTheArgumentsDependOnIt() throws Exception {
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("codetether", "echo codetether 4.0.0").toString()));
    assertThat(inspector.require().version()).isEqualTo("codetether 4.0.0");
  }

  @Test
  void startsAKnownKindWithoutItsVersionWhenItDoesNotTell() throws Exception {
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("codetether", "exit 3").toString()));
    inspector.inspect();
    assertThat(inspector.facts().version()).isNull();
    assertThat(inspector.facts().hold()).isEmpty();
  }

  @Test
  void neverRunsAPlainCommandToProbeIt() throws Exception {
    var agent = program("tool", "echo >>'" + temp + "/asked'");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", agent.toString(), "A2A_AGENT_KIND", "command"));
    inspector.inspect();
    assertThat(inspector.facts().hold()).isEmpty();
    fail(inspector, agent, 3);
    assertThat(inspector.facts().hold()).isPresent();
    time.advance(Duration.ofMinutes(1));
    inspector.inspect();
    assertThat(inspector.facts().health()).isInstanceOf(AgentHealth.HalfOpen.class);
    assertThat(temp.resolve("asked")).doesNotExist();
  }

  @Test
  void opensForABrokenAgentAndHealsWhenAProbeWorks() throws Exception {
    var works = temp.resolve("works");
    var agent = program("opencode", "[ -e '" + works + "' ] || { echo 'cannot load libfoo' >&2; exit 1; }; echo 1.0.1");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", agent.toString()));
    inspector.inspect();
    heard.clear();
    fail(inspector, agent, 3);
    assertThat(inspector.facts().hold()).get().asString().contains(agent.toString(), "3 tasks in a row");
    time.advance(Duration.ofMinutes(1));
    inspector.inspect();
    assertThat(inspector.facts().hold()).get().asString().contains("cannot load libfoo");
    assertThat(inspector.retryIn()).isEqualTo(Duration.ofMinutes(2));
    Files.createFile(works);
    time.advance(Duration.ofMinutes(2));
    inspector.inspect();
    assertThat(inspector.facts().hold()).isEmpty();
    assertThat(inspector.facts().version()).isEqualTo("1.0.1");
    assertThat(heard).containsExactly("available");
  }

  @Test
  void forgetsTheFailuresOfAProgramThatWasReplaced() throws Exception {
    var agent = program("opencode", "exit 1");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", agent.toString()));
    inspector.inspect();
    fail(inspector, agent, 3);
    Files.move(program("new", "echo 1.0.2"), agent, StandardCopyOption.REPLACE_EXISTING);
    inspector.inspect();
    assertThat(inspector.facts().hold()).isEmpty();
    fail(inspector, temp.resolve("another"), 3);
    assertThat(inspector.facts().hold()).as("another program's failures").isEmpty();
  }

  @Test
  void masksWhatAProgramSaysBeforeItIsCut() throws Exception {
    for (var script : List.of("echo 'bad key " + KEY + "'; exit 1", "printf '%190s" + KEY + "' ''; exit 1")) {
      var inspector = inspector(Map.of("A2A_AGENT_BIN", program("agent", script).toString()));
      inspector.inspect();
      assertThat(inspector.facts().hold()).get().asString().hasSizeLessThan(500).doesNotContain("hunter2");
      Files.delete(temp.resolve("agent"));
    }
  }

  @Test
  void readsTheFirstLineOfTheOutputAndNoWarning() throws Exception {
    for (var script : List.of("echo 'WARNING: no aliases' >&2; echo 1.2.3; echo more", "echo 1.2.3 >&2")) {
      var inspector = inspector(Map.of("A2A_AGENT_BIN", program("opencode", script).toString()));
      inspector.inspect();
      assertThat(inspector.facts().version()).isEqualTo("1.2.3");
      Files.delete(temp.resolve("opencode"));
    }
  }

  @Test
  void answersAtOnceWhileTheFileSystemOrTheProgramHangs() throws Exception {
    var gate = temp.resolve("gate");
    var inspector = inspector(Map.of("A2A_AGENT_BIN", program("agent", "while [ ! -e '" + gate + "' ]; do sleep 0.05; done; echo codex-cli 1.0.1").toString()));
    var looking = Thread.ofPlatform().start(() -> {
      try {
        inspector.inspect();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    tests.Program.await("the question", () -> inspector.facts().program() != null);
    assertThat(inspector.facts().hold()).get().asString().contains("is being asked");
    inspector.ended(temp.resolve("agent"), new AgentHealth.Ended(Duration.ofSeconds(1), "agent-error", false, "x"));
    Files.createFile(gate);
    looking.join();
    assertThat(inspector.facts().adapter().kind()).isEqualTo("codex");
  }

  @Test
  void saysWhatIsMissingWhenThereIsNoProgram() throws Exception {
    var inspector = inspector(Map.of("A2A_AGENT_BIN", "/nonexistent/agent"));
    inspector.inspect();
    assertThat(inspector.facts().hold()).contains("no agent CLI was found on this machine");
    assertThatThrownBy(inspector::require).isInstanceOf(Problem.class).hasMessageContaining("/nonexistent/agent");
  }

  private static void fail(AgentInspector inspector, Path agent, int times) {
    for (var i = 0; i < times; i++) {
      inspector.ended(agent, new AgentHealth.Ended(Duration.ofSeconds(1), "agent-error", false, "no such model"));
    }
  }

  private AgentInspector inspector(Map<String, String> variables) {
    var all = new HashMap<>(variables);
    all.put("PATH", System.getenv("PATH"));
    var settings = Settings.resolve(Map.of(), null, new Environment(all, temp, temp.resolve("home"), "host"));
    return new AgentInspector(new ReloadableSettings(settings), temp, Redaction.of(Map.of(KEY, "KEY"))::mask, listener, time);
  }

  private Path program(String name, String script) throws IOException {
    var program = Files.createFile(temp.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    return Files.setLastModifiedTime(program, FileTime.from(Instant.EPOCH));
  }
}
