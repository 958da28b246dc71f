package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;

/** The server knows the agent's models, and a task for an unknown model or agent type ends before an agent starts. */
class ModelsTest {
  @TempDir
  private Path home;

  @Test
  void failsAtOnceWithTheNearestModelWhenTheModelIsUnknown() throws Exception {
    try (var site = new Site(home)) {
      var agent = Files.copy(Path.of(Site.agent()), site.home().resolve("agent"));
      Files.writeString(site.home().resolve("models"), "anthropic/claude-x\nopenai/gpt-9\n");
      site.openServer();
      var code = site.folder("code");
      site.start("run", "--server", site.url().toString(), "--name", "w", "--agent-bin", agent.toString(), "-b", "code:" + code);
      var id = site.id(code);
      Program.await("the models at the server", () -> site.client().workers().stream().anyMatch(worker -> worker.path("models").size() == 2));
      assertThat(site.client().workers().getFirst().path("models").valueStream().map(m -> m.path("id").asText()))
          .containsExactly("anthropic/claude-x", "openai/gpt-9");

      var bad = site.ended(site.client().create(new NewTask(id, "t", "append " + code.resolve("ran"), "build", 0, "openai/gpt-8", null)).id());
      assertThat(bad.status()).isEqualTo(TaskStatus.FAILED);
      assertThat(bad.error()).contains("does not know the model openai/gpt-8", "the nearest it knows: openai/gpt-9");
      Files.writeString(site.home().resolve("agents"), "build (primary)\nplan (primary)\n");
      var typo = site.ended(site.client().create(new NewTask(id, "t", "append " + code.resolve("ran"), "plna", 0, null, null)).id());
      assertThat(typo.error()).contains("does not know the agent type plna", "the nearest it knows: plan");
      assertThat(code.resolve("ran")).doesNotExist();
      var good = site.ended(site.client().create(new NewTask(id, "t", "arguments", "build", 0, "openai:gpt-9", null)).id());
      assertThat(good.status()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(good.result()).contains("--model openai/gpt-9");

      var listed = site.start("models", "--agent-bin", agent.toString(), "--json");
      assertThat(listed.exit()).as(listed.toString()).isZero();
      assertThat(Json.read(listed.out()).path("models").size()).isEqualTo(2);
      assertThat(Json.read(listed.out()).path("agent").path("kind").asText()).isEqualTo("opencode");
      var none = site.start("models", "--agent-bin", Site.agent());
      assertThat(none.exit()).isEqualTo(1);
      assertThat(none.err()).contains("does not tell its models");
    }
  }
}
