package tests.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import lib.agent.AgentVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent that is replaced while the worker runs is asked for its version again, and a slow one holds up nobody. */
@Timeout(60)
class AgentVersionTest {
  @TempDir
  private Path temp;

  private AgentVersion version() {
    return new AgentVersion(() -> Map.of("PATH", System.getenv("PATH")), temp, text -> text);
  }

  @Test
  void itIsAskedOnceUntilTheProgramIsAnotherEvenOfTheSameTimeAndSize() throws Exception {
    var version = version();
    var agent = program("agent", "echo >>'" + temp + "/asked'; echo 1.0.1");
    assertThat(version.await(agent)).contains("1.0.1");
    assertThat(version.await(agent)).contains("1.0.1");
    assertThat(Files.readAllLines(temp.resolve("asked"))).hasSize(1);
    Files.move(program("new", "echo >>'" + temp + "/asked'; echo 1.0.2"), agent, StandardCopyOption.REPLACE_EXISTING);
    assertThat(version.await(agent)).contains("1.0.2");
  }

  @Test
  void theProgramThatALinkLeadsToCounts() throws Exception {
    var version = version();
    var agent = Files.createSymbolicLink(temp.resolve("link"), program("old", "echo 1.0.1"));
    assertThat(version.await(agent)).contains("1.0.1");
    Files.delete(agent);
    Files.createSymbolicLink(agent, program("new", "echo 1.0.2"));
    assertThat(version.await(agent)).contains("1.0.2");
  }

  @Test
  void whileItDoesNotAnswerNothingIsKnownAndNobodyWaits() throws Exception {
    var version = version();
    var gate = temp.resolve("gate");
    var agent = program("agent", "while [ ! -e '" + gate + "' ]; do sleep 0.05; done; echo 1.0.1");
    assertThat(version.of(agent)).isEmpty();
    assertThat(version.knows(agent)).isFalse();
    Files.createFile(gate);
    assertThat(version.await(agent)).contains("1.0.1");
    assertThat(version.knows(agent)).isTrue();
  }

  private Path program(String name, String script) throws IOException {
    var program = Files.createFile(temp.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    return Files.setLastModifiedTime(program, FileTime.from(Instant.EPOCH));
  }
}
