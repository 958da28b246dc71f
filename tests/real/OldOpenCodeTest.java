package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import tests.Heavy;
import tests.Program;
import tests.real.ModelServer.Cut;
import tests.real.ModelServer.Refuse;

/** Version {@value RealOpenCode#OLD}. How text and a subfolder's session arrive, {@link NewOpenCodeTest} shows for each version. */
@Heavy
final class OldOpenCodeTest extends RealOpenCode {
  OldOpenCodeTest() {
    super(OLD);
  }

  @Override
  void continuesASessionOfASubfolderThereAndPassesTextOnAsItIs() {}

  @Test
  void aStreamThatIsCutIsNoSuccess() throws Exception {
    script("Be cut off", new Cut("half an ans"));
    var id = created("Be cut off", null, null);
    Program.await("the model to be asked", () -> model.prompts().stream().anyMatch(said -> said.contains("Be cut off")));
    script("Be cut off", new Refuse(400, "and now it refuses")); // a version that tries again ends, too
    var task = site.ended(id);
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
  }
}
