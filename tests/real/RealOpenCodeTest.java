package tests.real;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.config.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;

/** A real agent CLI does a real task; only the model behind it is scripted. */
class RealOpenCodeTest {
  @Test
  void aTaskWritesAFileInItsCodebase(@TempDir Path folder) throws Exception {
    var home = folder.toRealPath();
    var code = Files.createDirectories(home.resolve("code"));
    var write = Json.object().put("filePath", code.resolve("hello.txt").toString()).put("content", "made by a model\n");
    try (var model = new ModelServer(List.of(new ModelServer.Call("write", write)), "I wrote hello.txt for you.")) {
      var agent = OpenCodeProgram.install(home, model.url());
      try (var run = Program.start(home, code, Map.of(), "run", "--local", "--port", "0", "--agent-bin", agent.toString(), "--task",
          "Write hello.txt")) {
        assertThat(run.exit()).as(run.toString()).isZero();
        assertThat(code.resolve("hello.txt")).hasContent("made by a model\n");
        assertThat(model.prompts()).contains("Write hello.txt");
        assertThat(run.out()).contains("write", "hello.txt").endsWith("I wrote hello.txt for you.\n");
        assertThat(run.err()).contains("— completed after", "tokens in");
      }
    }
  }
}
