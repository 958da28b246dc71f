package tests.agent.adapter;

import module java.base;
import static org.assertj.core.api.Assertions.*;
import static tests.agent.adapter.LaunchSpecs.*;

import lib.agent.AgentProgram;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.PlainCommand;
import lib.agent.process.Adapters;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any program can be an agent: its user sets the arguments, and all its output is text. */
class PlainCommandTest {
  private static final Adapter CLI = new PlainCommand();

  @TempDir
  Path home;

  @Test
  void isSelectedByTheSettingOnly() {
    assertThat(CLI.recognizes("command", "command 1.0")).isFalse();
    assertThat(Adapters.of("command")).containsInstanceOf(PlainCommand.class);
    assertThat(Adapters.recognise("aider", "aider 0.80")).isEmpty();
  }

  @Test
  void fillsPlaceholdersWithinAnArgument() {
    assertThat(CLI.argv(with("p/m", "s1", "--yes", "--model={model}", "-r", "{session}", "{agent}", "in {directory}")))
        .containsExactly("agent", "--yes", "--model=p/m", "-r", "s1", "build", "in /w");
  }

  @Test
  void omitsAnOptionWhenItsValueIsMissing() {
    assertThat(CLI.argv(with(null, null, "--model", "{model}", "--yes", "--resume={session}", "chat", "{session}", "-")))
        .containsExactly("agent", "--yes", "chat", "-");
  }

  @Test
  void fillsNoPlaceholderWithinAValue() {
    assertThat(CLI.argv(with("{session}$1", "s", "{model}"))).containsExactly("agent", "{session}$1");
  }

  @Test
  void passesThePromptOnStdinUnlessItTakesTheFile() {
    assertThat(CLI.promptOnInput(with(null, null, "--yes"))).isTrue();
    assertThat(CLI.promptOnInput(with(null, null, "--message-file", "{prompt_file}"))).isFalse();
    assertThat(CLI.argv(with(null, null, "--message-file", "{prompt_file}"))).endsWith("--message-file", "/a/prompt");
  }

  @Test
  void readsEverythingAsText() {
    for (var line : new String[] {"", "hello", "{\"type\":\"text\",\"part\":{\"text\":\"x\"}}",
        "{\"type\":\"result\",\"session_id\":\"s\"}"}) {
      assertThat(events(CLI, line)).containsExactly(new RawLine(line));
    }
  }

  @Test
  void readsArgumentsAsAJsonListOrSplitAtBlanks() throws IOException {
    assertThat(args("--yes  --model {model}")).containsExactly("--yes", "--model", "{model}");
    assertThat(args("[\"--note\", \"a, b\", \"{prompt_file}\"]")).containsExactly("--note", "a, b", "{prompt_file}");
    assertThat(args("")).isEmpty();
    var file = home.resolve("config.json");
    Files.writeString(file, "{\"agent_args\": [\"--note\", \"a, b\", \"\"]}");
    var env = new Environment(Map.of(), home, home, "host");
    assertThat(Settings.resolve(Map.of(), file, env).get(SettingsTable.AGENT_ARGS)).containsExactly("--note", "a, b", "");
  }

  @Test
  void rejectsQuotesThatWouldSplitAnArgument() throws IOException {
    for (var odd : new String[] {"--note \"a b\"", "--note 'a b'", "-c model=\"x\""}) {
      assertThatThrownBy(() -> args(odd)).as(odd).isInstanceOfSatisfying(Problem.class, problem ->
          assertThat(problem.line()).contains("quotes mean nothing between blanks", "needs the list"));
    }
    assertThat(args("[\"-c\", \"model=\\\"x\\\"\", \"it's\"]")).containsExactly("-c", "model=\"x\"", "it's");
  }

  @Test
  void rejectsAnUnknownPlaceholderAndNamesTheKnownOnes() {
    assertThatThrownBy(() -> args("--x {prompt}")).isInstanceOfSatisfying(Problem.class, problem ->
        assertThat(problem.line()).contains("{prompt} is none", "{model} {session} {agent} {prompt_file} {directory}"));
    assertThatThrownBy(() -> args("[1]")).isInstanceOf(Problem.class);
    assertThatThrownBy(() -> args("[\"a\"")).isInstanceOf(Problem.class);
  }

  @Test
  void looksForNothingWhenNoProgramIsSet() {
    var env = new Environment(Map.of("A2A_AGENT_KIND", "command", "PATH", "/bin:/usr/bin"), home, home, "host");
    var settings = Settings.resolve(Map.of(), null, env);
    assertThatThrownBy(() -> AgentProgram.require(settings)).isInstanceOfSatisfying(Problem.class, problem -> {
      assertThat(problem.why()).contains("agent_kind is command", "agent_bin is not set");
      assertThat(problem.fix()).contains("set agent_bin");
    });
  }

  private List<String> args(String text) {
    return Settings.resolve(Map.of(), null, new Environment(Map.of("A2A_AGENT_ARGS", text), home, home, "host")).get(SettingsTable.AGENT_ARGS);
  }
}
