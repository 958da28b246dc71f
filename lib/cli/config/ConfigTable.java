package lib.cli.config;

import lib.cli.DataCommand;
import lib.config.SettingsManual;
import lib.core.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code config table}. */
@Command(name = "table", description = "Print the manual: every setting, flag, variable and key.",
    footer = "%nExample: worker config table")
public final class ConfigTable extends DataCommand {
  @Option(names = "--example", description = "print the example config file")
  private boolean example;

  @Override
  public Integer call() {
    return print(example ? SettingsManual.example() : json ? Json.pretty(SettingsManual.json()) : SettingsManual.markdown());
  }
}
