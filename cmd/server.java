///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.cli.server.ServerPrune;
import picocli.CommandLine;

/** {@code server}: what the embedded server keeps. */
@CommandLine.Command(name = "server", description = "Look after the embedded server: delete what it no longer has to keep.",
    footer = "%nExample: worker server prune --dry-run", subcommands = ServerPrune.class)
public final class server extends Command {
  public static void main(String[] args) {
    System.exit(new server().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
