package tests.agent;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentCatalog;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.Codex;
import lib.agent.adapter.OpenCode;
import lib.agent.adapter.PlainCommand;
import lib.core.Environment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;

/** The agent is asked for its models as seldom as that is right, and a model it lacks is said at once. */
@Timeout(60)
class AgentCatalogTest {
  private static final Adapter OPENCODE = new OpenCode();
  private static final Adapter CODEX = new Codex();

  @TempDir
  private Path temp;
  private final FakeTime time = new FakeTime();
  private Path program;
  private Path folder;
  private AgentCatalog models;

  /** An agent that notes each time it is asked. */
  @BeforeEach
  void agent() throws IOException {
    program = Files.createFile(temp.resolve("agent"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(program, """
        #!/bin/sh
        echo "$@" >>'%1$s/asked'
        [ "$1" = agent ] && cat '%1$s/agents' && exit
        cat "$PWD/more" 2>/dev/null
        cat '%1$s/list' || exit 1
        """.formatted(temp));
    folder = Files.createDirectory(temp.resolve("code"));
    list("warming up\nanthropic/claude-x\n\u001b[1mopenai/gpt-9\u001b[0m\nopenrouter/a/b:free\n");
    models = new AgentCatalog(where -> Map.of("PATH", System.getenv("PATH"), "PWD", where.toString()), temp, new Environment(Map.of(), temp, temp, "host"), time);
  }

  @Test
  void theListIsWhatTheAgentPrintsAsProviderAndModel() throws Exception {
    assertThat(models.known()).isEmpty();
    assertThat(read()).containsExactly("anthropic/claude-x", "openai/gpt-9", "openrouter/a/b:free");
    assertThat(models.known()).hasSize(3);
    assertThat(temp.resolve("asked")).hasContent("models");
  }

  @Test
  void itIsAskedOnceADayAndWhenItsLoginsOrItselfChange() throws Exception {
    read();
    time.advance(Duration.ofHours(23));
    read();
    assertThat(asked()).isEqualTo(1);
    time.advance(Duration.ofHours(1));
    read();
    assertThat(asked()).isEqualTo(2);
    Files.writeString(Files.createDirectories(temp.resolve(".local/share/opencode")).resolve("auth.json"), "{}");
    read();
    assertThat(asked()).isEqualTo(3);
    Files.setLastModifiedTime(program, FileTime.from(Instant.EPOCH));
    read();
    assertThat(asked()).isEqualTo(4);
  }

  @Test
  void aModelThatIsNotInAFreshListIsNamedWithItsNearest() throws Exception {
    assertThat(models.lacksModel(OPENCODE, program, folder, "openai/gpt-9")).isEmpty();
    assertThat(models.lacksModel(OPENCODE, program, folder, "openai/gpt-8")).get().asString().startsWith("the agent does not know the model "
        + "openai/gpt-8; the nearest it knows: openai/gpt-9, ");
    assertThat(models.lacksModel(OPENCODE, program, folder, "gpt-9")).get().asString().contains("the nearest it knows: openai/gpt-9, ");
    assertThat(asked()).as("once in our folder, once in the task's").isEqualTo(2);
    list("openai/gpt-8\n");
    time.advance(Duration.ofMinutes(1));
    assertThat(models.lacksModel(OPENCODE, program, folder, "openai/gpt-8")).isEmpty();
    assertThat(asked()).isEqualTo(3);
  }

  @Test
  void aModelThatOnlyTheProjectDefinesIsNotRefused() throws Exception {
    Files.writeString(folder.resolve("more"), "local/own\n");
    assertThat(models.lacksModel(OPENCODE, program, folder, "local/own")).isEmpty();
    assertThat(models.lacksModel(OPENCODE, program, temp, "local/own")).isPresent();
    assertThat(read()).doesNotContain("local/own");
  }

  @Test
  void anUnknownAgentTypeIsNamedWithItsNearestAndOneOfTheProjectIsTaken() throws Exception {
    Files.writeString(temp.resolve("agents"), "build (primary)\n  [\n  ]\nexplore (subagent)\nplan (primary)\nreviewer (all)\n");
    for (var known : List.of("build", "plan", "explore")) {
      assertThat(models.lacksAgent(OPENCODE, program, folder, known)).as(known).isEmpty();
    }
    assertThat(temp.resolve("asked")).doesNotExist();
    assertThat(models.lacksAgent(OPENCODE, program, folder, "reviewer")).isEmpty();
    assertThat(models.lacksAgent(OPENCODE, program, folder, "plna")).get().asString().startsWith("the agent does not know the agent type plna; "
        + "the nearest it knows: plan, ");
    assertThat(models.lacksAgent(CODEX, program, folder, "plna")).get().asString().contains("the nearest it knows: plan, ");
    assertThat(models.lacksAgent(new PlainCommand(), program, folder, "plna")).isEmpty();
  }

  @Test
  void aListThatDoesNotComeRefusesNothingAndIsSaid() throws Exception {
    assertThat(models.lacksAgent(OPENCODE, program, folder, "plna")).isEmpty();
    assertThat(models.problem()).contains("agent list in " + folder, "no task is refused");
    read();
    assertThat(models.problem()).isNull();
  }

  @Test
  void whereTheAgentDoesNotTellNoModelIsRefusedAndItIsNotAskedForEachTask() throws Exception {
    Files.delete(temp.resolve("list"));
    assertThat(models.lacksModel(OPENCODE, program, folder, "any/model")).isEmpty();
    assertThat(models.lacksModel(OPENCODE, program, folder, "any/model")).isEmpty();
    assertThat(asked()).isEqualTo(1);
    list("nothing that looks like a model\n");
    time.advance(Duration.ofMinutes(2));
    assertThat(models.lacksModel(OPENCODE, program, folder, "any/model")).isEmpty();
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void codexHasACatalogueWhichIsNeitherAllNorOnlyWhatItTakes() throws Exception {
    list("{\"models\":[{\"slug\":\"gpt-9\",\"visibility\":\"list\"},{\"slug\":\"gpt-review\",\"visibility\":\"hide\"}]}");
    assertThat(models.models(CODEX, program).orElseThrow()).containsExactly("openai/gpt-9");
    assertThat(temp.resolve("asked")).hasContent("debug models");
    assertThat(models.lacksModel(CODEX, program, folder, "openai/gpt-8")).isEmpty();
    Files.writeString(Files.createDirectories(temp.resolve(".codex")).resolve("auth.json"), "{}");
    list("no catalogue");
    assertThat(models.models(CODEX, program)).isEmpty();
  }

  private List<String> read() throws InterruptedException {
    return models.models(OPENCODE, program).orElseThrow();
  }

  private void list(String text) throws IOException {
    Files.writeString(temp.resolve("list"), text);
  }

  private long asked() throws IOException {
    return Files.readAllLines(temp.resolve("asked")).size();
  }
}
