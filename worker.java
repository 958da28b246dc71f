///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES lib/**.java
//SOURCES cmd/*.java
//JAVAC_OPTIONS -XDignore.symbol.file

import module java.base;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import picocli.CommandLine;

/** The entry: {@code jbang worker.java <command>}. Nothing at all, or options without a command, means {@code run}. */
@CommandLine.Command(name = "worker", description = "Runs AI coding agents on this machine for a CodeTether server.",
    footer = "%n`worker` stands for ./jbang worker.java. Nothing at all, or options without a command, means run.%n%n"
        + "Example: worker run --local --task \"Hello, loop\" --agent-type echo",
    subcommands = {cmd.run.class, cmd.serve.class, cmd.register.class, cmd.status.class, cmd.tasks.class, cmd.sessions.class, cmd.sync.class,
        cmd.outbox.class, cmd.server.class, cmd.ctl.class, cmd.models.class, cmd.config.class})
public final class worker extends Command {
  public static void main(String[] args) {
    var options = Set.of("-h", "--help", "-V", "--version");
    var bare = args.length == 0 || args[0].startsWith("-") && !options.contains(args[0]);
    var full = bare ? Stream.concat(Stream.of("run"), Stream.of(args)).toArray(String[]::new) : args;
    System.exit(new worker().run(CommandIo.of(System.in, System.out, System.err), full));
  }
}
