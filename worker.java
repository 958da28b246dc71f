///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES lib/**.java
//SOURCES cmd/*.java

import java.util.List;
import lib.cli.Command;
import lib.cli.Io;
import picocli.CommandLine;

/** The entry: {@code jbang worker.java <command>}. Options without a command mean {@code run}. */
@CommandLine.Command(name = "worker", description = "Runs AI coding agents on this machine for a CodeTether server.")
public final class worker extends Command {
  private worker(Io io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new cmd.register(io), new cmd.tasks(io), new cmd.config(io));
  }

  public static void main(String[] args) {
    System.exit(new worker(Io.of(System.in, System.out, System.err)).run(args));
  }
}
