package tests.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import lib.agent.AgentProbe;
import lib.masking.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A probe tells why an agent does not work, in one line that may leave. */
@Timeout(60)
class AgentProbeTest {
  private static final String KEY = "hunter2hunter2hunter2";

  @TempDir
  Path temp;

  @Test
  void aVersionIsTheFirstLine() throws Exception {
    assertThat(probe("echo 1.2.3; echo more")).isEqualTo(new AgentProbe(true, "1.2.3"));
  }

  @Test
  void whatItWarnsOfIsNoVersion() throws Exception {
    assertThat(probe("echo 'WARNING: no aliases' >&2; echo codex-cli 1.2.3")).isEqualTo(new AgentProbe(true, "codex-cli 1.2.3"));
    assertThat(probe("echo 1.2.3 >&2")).as("one that tells it there").isEqualTo(new AgentProbe(true, "1.2.3"));
    assertThat(probe("echo usage; echo 'no such thing' >&2; exit 2").said()).isEqualTo("--version ends with exit code 2: no such thing");
  }

  @Test
  void aSecretThatABrokenAgentQuotesIsMaskedAlsoWhereTheLineIsCut() throws Exception {
    assertThat(probe("echo 'bad key " + KEY + "'; exit 1").said()).contains("bad key [KEY").doesNotContain("hunter2");
    assertThat(probe("printf '%190s" + KEY + "' ''; exit 1").said()).doesNotContain("hunter2");
    assertThat(probe("printf 'x%189s" + KEY + "' ''; exit 1").said()).hasSizeLessThan(250).doesNotContain("hunter2");
  }

  private AgentProbe probe(String script) throws Exception {
    var program = Files.createTempFile(temp, "agent", ".sh", PosixFilePermissions.asFileAttribute(
        PosixFilePermissions.fromString("rwx------")));
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    return AgentProbe.run(program, Map.of("PATH", System.getenv("PATH")), temp, Redaction.of(Map.of(KEY, "KEY"))::mask);
  }
}
