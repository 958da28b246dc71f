///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.ctl.CtlConcurrency;
import lib.cli.ctl.CtlDrain;
import lib.cli.ctl.CtlEvents;
import lib.cli.ctl.CtlPause;
import lib.cli.ctl.CtlReload;
import lib.cli.ctl.CtlResume;
import lib.cli.ctl.CtlTail;
import lib.cli.output.CommandIo;
import picocli.CommandLine;

/** {@code ctl}: drives the worker on this machine through its socket. */
@CommandLine.Command(name = "ctl", description = "Drive the worker on this machine: pause, resume, drain, reload, look at what happens.",
    footer = "%nExample: worker ctl pause",
    subcommands = {CtlPause.class, CtlResume.class, CtlDrain.class, CtlConcurrency.class, CtlReload.class, CtlEvents.class, CtlTail.class})
public final class ctl extends Command {
  public static void main(String[] args) {
    System.exit(new ctl().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
