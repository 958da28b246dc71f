///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.cli.sessions.SessionsList;
import lib.cli.sessions.SessionsMessages;
import lib.cli.sessions.SessionsResume;
import lib.cli.sessions.SessionsShow;
import picocli.CommandLine;

/** {@code sessions}: what agents and people said to each other, as workers tell the server, and going on with it. */
@CommandLine.Command(name = "sessions", description = "List, read and resume the agents' sessions that workers uploaded.",
    footer = "%nExample: worker sessions list",
    subcommands = {SessionsList.class, SessionsShow.class, SessionsMessages.class, SessionsResume.class})
public final class sessions extends Command {
  public static void main(String[] args) {
    System.exit(new sessions().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
