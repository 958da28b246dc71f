package lib.cli;

import lib.config.Setting;
import picocli.CommandLine.Option;

/** A command that prints data: for people, or with {@code --json} for programs. */
public abstract class DataCommand extends Command {
  @Option(names = "--json", description = "print JSON")
  protected boolean json;

  protected DataCommand(Setting.Use... uses) {
    super(uses);
  }
}
