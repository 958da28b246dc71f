///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.config.ConfigCheck;
import lib.cli.config.ConfigShow;
import lib.cli.config.ConfigTable;
import lib.cli.output.CommandIo;
import picocli.CommandLine;

/** {@code config}: what is set and where it came from, whether it is right, and what there is to set. */
@CommandLine.Command(name = "config", description = "Show, check and explain the settings.",
    footer = "%nExample: worker config show",
    subcommands = {ConfigShow.class, ConfigCheck.class, ConfigTable.class})
public final class config extends Command {
  public static void main(String[] args) {
    System.exit(new config().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
