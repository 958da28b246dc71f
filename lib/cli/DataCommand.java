package lib.cli;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.output.TextTable;
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

  /** Prints an array with {@code --json}, else a table as wide as the terminal, and is done. */
  protected final <T> int print(List<T> things, Function<T, JsonNode> toJson, List<String> heading, Function<T, List<String>> row) {
    if (json) {
      return print(Json.pretty(Json.MAPPER.createArrayNode().addAll(things.stream().map(toJson).toList())));
    }
    return print(TextTable.fit(io, heading, things.stream().map(row).toList()));
  }

  /** Prints the last text, and is done. */
  protected final int print(String text) {
    io.print(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
    return Problem.Exit.DONE.code;
  }
}
