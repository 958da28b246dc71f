package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** An answer that is too large for this machine is a failure like any other, and what comes after it is read. */
class MemoryTest {

  @Test
  void whatDoesNotFitIsGarbled() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      server.on("GET", "*/tasks/long").answer(200, "[\"" + "x".repeat(20 << 20) + "\"]");
      server.on("GET", "*/tasks/deep").answer(200, "[" + "[],".repeat(2 << 20) + "[]]"); // small as text, large as objects
      var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
      var process = new ProcessBuilder(java, "-Xmx32m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
          SmallHeap.class.getName(), server.url().toString()).redirectErrorStream(true).start();
      assertThat(new String(process.getInputStream().readAllBytes()).lines()).satisfiesExactly(
          line -> assertThat(line).startsWith("long: GARBLED").contains("larger than"),
          line -> assertThat(line).startsWith("deep: GARBLED").contains("does not fit into memory"),
          line -> assertThat(line).isEqualTo("event: small"));
    }
  }
}
