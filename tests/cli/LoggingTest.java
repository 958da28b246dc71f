package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.cli.Logging;
import lib.core.Environment;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Nothing gets into the log past the gate. The backend is made once per process, so the lines come from one of their own. */
class LoggingTest {
  @Test
  void linesAndTracesAreMasked() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    var process = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), Program.class.getName())
        .redirectErrorStream(true).start();
    var log = new String(process.getInputStream().readAllBytes());
    assertThat(log).contains("line with [A_NAME_TOO_LONG]", "IllegalStateException: trace with [A_NAME_TOO_LONG]",
        "Caused by:", "cause with [A_NAME_TOO_LONG]")
        .doesNotContain("hunter2");
  }

  /** A program that logs a secret. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) {
      var gate = Redaction.of(Map.of("hunter2hunter2", "A_NAME_TOO_LONG"));
      Logging.start("info", false, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host"), gate::mask);
      LoggerFactory.getLogger(Program.class).error("line with {}", "hunter2hunter2",
          new IllegalStateException("trace with hunter2hunter2", new IllegalArgumentException("cause with hunter2hunter2")));
    }
  }
}
