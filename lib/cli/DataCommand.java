package lib.cli;

import com.fasterxml.jackson.databind.JsonNode;
import lib.config.Setting;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Option;

/** A command that prints data: for people, or with {@code --json} for programs. */
public abstract class DataCommand extends Command {
  @Option(names = "--json", description = "print JSON")
  protected boolean json;

  protected DataCommand(Setting.Use... uses) {
    super(uses);
  }

  /** Prints the data with {@code --json}, else the text, and is done. */
  protected final int print(JsonNode data, String text) {
    return print(json ? Json.pretty(data) : text);
  }

  /** Prints a last line, and is done. */
  protected final int print(String line) {
    io.print(line + "\n");
    return Problem.Exit.DONE.code;
  }
}
