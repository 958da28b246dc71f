///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES lib/**.java
//SOURCES cmd/*.java
//JAVAC_OPTIONS -XDignore.symbol.file

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import picocli.CommandLine;

/** The entry: {@code jbang worker.java <command>}. Nothing at all, or options without a command, means {@code run}. */
@CommandLine.Command(name = "worker", description = "Runs AI coding agents on this machine for a CodeTether server.",
    footer = "%n`worker` stands for ./jbang worker.java. Nothing at all, or options without a command, means run.%n%n"
        + "Example: worker run --local --task \"Hello, loop\" --agent-type echo")
public final class worker extends Command {
  private worker(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new cmd.run(io), new cmd.serve(io), new cmd.register(io), new cmd.status(io), new cmd.tasks(io),
        new cmd.sessions(io), new cmd.sync(io), new cmd.outbox(io), new cmd.ctl(io), new cmd.models(io), new cmd.config(io));
  }

  public static void main(String[] args) {
    var options = Set.of("-h", "--help", "-V", "--version");
    var bare = args.length == 0 || args[0].startsWith("-") && !options.contains(args[0]);
    var full = bare ? Stream.concat(Stream.of("run"), Stream.of(args)).toArray(String[]::new) : args;
    System.exit(new worker(CommandIo.of(System.in, System.out, System.err)).run(full));
  }
}
