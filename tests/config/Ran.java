package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.core.Environment;
import lib.core.Json;

/** One run of a command in this process. */
public record Ran(int exit, String out, String err) {

  /** {@code config} in a folder of the test that is home and current folder. */
  public static Ran config(Path home, Map<String, String> variables, String... arguments) {
    return of(new cmd.config(), home, variables, arguments);
  }

  public static Ran of(Command command, Path home, Map<String, String> variables, String... arguments) {
    var io = new CommandIo(InputStream.nullInputStream(), null, null, false, new Environment(variables, home, home, "this-host"));
    return of(command, io, new ByteArrayOutputStream(), arguments);
  }

  /** Runs it with this input, terminal, environment and patience. */
  public static Ran of(Command command, CommandIo io, OutputStream out, String... arguments) {
    var err = new ByteArrayOutputStream();
    var exit = command.run(new CommandIo(io.in(), new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
        io.terminal(), io.env(), io.patience()), arguments);
    return new Ran(exit, out.toString(), err.toString(StandardCharsets.UTF_8));
  }

  /** It failed so, and said all of this. */
  public void fails(int code, String... words) {
    assertThat(exit).as(toString()).isEqualTo(code);
    assertThat(err).contains(words);
  }

  public JsonNode json() {
    try {
      return Json.read(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError(toString(), e);
    }
  }

  /** What {@code config show --json} said of a setting: value, source, where. */
  public JsonNode setting(String key) {
    return json().path(key);
  }

  public String value(String key) {
    return setting(key).path("value").asText();
  }
}
