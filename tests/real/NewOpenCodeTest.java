package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import tests.Heavy;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Say;

/** Version {@value RealOpenCode#NEW}. What a session that is not there costs, {@link OldOpenCodeTest} shows for each version. */
@Heavy
final class NewOpenCodeTest extends RealOpenCode {
  NewOpenCodeTest() {
    super(NEW);
  }

  /** A sub-agent is one tool call, and the session stays the main one. */
  @Override
  List<Move> furtherCalls() {
    script("Look around for me", new Say("I looked around."));
    return List.of(new Call("task", Json.object().put("description", "look around").put("prompt", "Look around for me").put("subagent_type", "general")));
  }

  @Override
  void checkOutput(String task) throws Exception {
    super.checkOutput(task);
    assertThat(model.prompts()).anyMatch(said -> said.contains("Look around for me"));
    assertThat(site.output(task)).contains("[task] look around").doesNotContain("I looked around.");
  }

  @Override
  void aSessionThatIsGoneCostsOnlyTheMemory() {}
}
