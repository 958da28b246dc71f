package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.Task;
import lib.server.rules.Eligibility.Candidate;
import lib.server.rules.Eligibility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which task is for which worker, as tables: this worker has the codebase {@code mine} and one capability. */
class EligibilityTest {
  private static final Candidate ME = new Candidate("me", "reviewer", Set.of("docker"), Set.of("mine"));

  @ParameterizedTest
  @CsvSource(nullValues = "-", textBlock = """
      mine,         -,      -,      true
      foreign,      -,      -,      false
      foreign,      other,  other,  false
      foreign,      other,  -,      false
      foreign,      me,     me,     true
      mine,         other,  other,  false
      mine,         other,  -,      true
      global,       -,      -,      true
      __pending__,  -,      -,      true
      -,            -,      -,      true
      """)
  void announcesWhatTheWorkerMayTake(String codebase, String owner, String living, boolean announced) {
    assertThat(Eligibility.isOffered(task(codebase, "{}"), ME, owner, living)).isEqualTo(announced);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      {"target_worker_id": "me"}                       | true
      {"target_worker_id": "other"}                    | false
      {"target_agent_name": "reviewer"}                | true
      {"target_agent_name": "Reviewer"}                | false
      {"target_agent_name": "builder"}                 | false
      {"required_capabilities": ["docker"]}            | true
      {"required_capabilities": ["docker", "gpu"]}     | false
      {"required_capabilities": "docker"}              | true
      {"required_capabilities": []}                    | true
      """)
  void targetsAndCapabilitiesDecideWhateverTheCodebase(String metadata, boolean fits) {
    assertThat(Eligibility.isOffered(task("mine", metadata), ME, "me", "me")).isEqualTo(fits);
    assertThat(Eligibility.refusal(task("global", metadata), ME, null).isEmpty()).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", textBlock = """
      mine,     me,     true
      mine,     -,      true
      foreign,  other,  false
      foreign,  -,      true
      global,   other,  true
      """)
  void aClaimIsRefusedOnlyForACodebaseThatALivingWorkerHas(String codebase, String livingOwner, boolean allowed) {
    assertThat(Eligibility.refusal(task(codebase, "{}"), ME, livingOwner).isEmpty()).isEqualTo(allowed);
  }

  private static Task task(String codebase, String metadata) {
    var task = Json.object().put("id", "t").put("codebase_id", codebase);
    task.set("metadata", Json.readObject(metadata).orElseThrow());
    return Task.read(task).orElseThrow();
  }
}
