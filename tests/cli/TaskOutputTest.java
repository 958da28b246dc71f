package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.cli.output.CommandIo;
import lib.cli.output.OutputPrinter;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Task;
import org.junit.jupiter.api.Test;

/** Sorted output: what the agent said is standard output, the rest is not, and nothing is held back that need not be. */
class TaskOutputTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final OutputPrinter output = OutputPrinter.sorted(new CommandIo(InputStream.nullInputStream(), new PrintStream(out, true, StandardCharsets.UTF_8),
      new PrintStream(err, true, StandardCharsets.UTF_8), false, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")));

  private static Task task(String result) {
    return Task.read(Json.object().put("id", "t").put("status", "completed").put("result", result)).orElseThrow();
  }

  @Test
  void theWorkersLastLineIsNotTheAgents() {
    output.take("I did it.\n— comp");
    output.take("leted after 1 s\n");
    assertThat(out).hasToString("I did it.\n");
    output.end(task("I did it."));
    assertThat(out).hasToString("I did it.\n");
    assertThat(err).hasToString("— completed after 1 s\n");
  }

  @Test
  void aLineThatOnlyLooksLikeTheLastIsShownWithTheNext() {
    output.take("a list:\n— one\n");
    assertThat(out).hasToString("a list:\n");
    output.take("— two\n");
    assertThat(out).hasToString("a list:\n— one\n");
    output.take("more");
    assertThat(out).hasToString("a list:\n— one\n— two\nmore");
    assertThat(err).hasToString("");
  }

  @Test
  void whatTheAgentWroteToStderrIsStderr() {
    output.take("[std");
    output.take("err] a complaint\nwords, [stderr] not at the start\n[stderr] an");
    output.take("other\nmore\n");
    assertThat(out).hasToString("words, [stderr] not at the start\nmore\n");
    assertThat(err).hasToString("[stderr] a complaint\n[stderr] another\n");
  }

  @Test
  void aResultWithoutOutputIsPrintedWhateverItBeginsWith() {
    output.end(task("— hello\n\n"));
    assertThat(out).hasToString("— hello\n");
  }
}
