package tests.config;

import module java.base;
import cmd.config;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.core.Environment;
import lib.core.Json;

/** One run of a command in this process, in a folder of the test that is home and current folder. */
public record Ran(int exit, String out, String err) {

  public static Ran config(Path home, Map<String, String> variables, String... arguments) {
    return of(config::new, home, variables, arguments);
  }

  public static Ran of(Supplier<Command> command, Path home, Map<String, String> variables, String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var io = new CommandIo(InputStream.nullInputStream(), new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8), false, new Environment(variables, home, home, "this-host"));
    var exit = command.get().run(io, arguments);
    return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** What {@code config show --json} said of a setting: value, source, where. */
  public JsonNode setting(String key) {
    try {
      return Json.read(out).path(key);
    } catch (JsonProcessingException e) {
      throw new AssertionError(this.toString(), e);
    }
  }

  public String value(String key) {
    return setting(key).path("value").asText();
  }
}
