///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.outbox.OutboxDrop;
import lib.cli.outbox.OutboxList;
import lib.cli.outbox.OutboxRetry;
import lib.cli.output.CommandIo;
import picocli.CommandLine;

/** {@code outbox}: the reports that have not reached their server, to look at and to decide about. */
@CommandLine.Command(name = "outbox", description = "List the reports that wait or were refused, try them again, give them up.",
    footer = "%nA worker delivers what waits by itself, for as long as it takes.%n%nExample: worker outbox list",
    subcommands = {OutboxList.class, OutboxRetry.class, OutboxDrop.class})
public final class outbox extends Command {
  public static void main(String[] args) {
    System.exit(new outbox().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
