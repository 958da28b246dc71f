///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import java.util.ArrayList;
import java.util.List;
import lib.Problem;
import lib.agent.AgentCli;
import lib.cli.Columns;
import lib.cli.Command;
import lib.cli.Io;
import lib.config.Json;
import lib.config.Manual;
import lib.config.Setting.Use;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code config}: what is set and where it came from, whether it is right, and what there is to set. */
@CommandLine.Command(name = "config", description = "Show, check and explain the settings.")
public final class config extends Command {
  public config(Io io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Show(io), new Check(io), new Manuals(io));
  }

  @CommandLine.Command(name = "show", description = "Print each setting with its value and origin; secrets are masked.")
  static final class Show extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    Show(Io io) {
      super(io, Use.values());
    }

    @Override
    public Integer call() {
      var settings = settings();
      var agent = AgentCli.find(settings);
      var path = agent.map(a -> a.path().toString());
      var why = agent.map(AgentCli::why).orElseGet(() -> AgentCli.absence(settings).why());
      if (json) {
        var shown = Manual.shownJson(settings);
        shown.putObject("agent_cli").put("path", path.orElse(null)).put("why", why);
        io.out().println(Json.pretty(shown));
      } else {
        var lines = new ArrayList<>(Manual.shown(settings));
        lines.add(List.of("(agent CLI)", path.orElse("none"), why));
        Columns.print(io, List.of("SETTING", "VALUE", "FROM"), lines);
      }
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "check", description = "Check every setting; exit 1 with the first bad one.")
  static final class Check extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    Check(Io io) {
      super(io, Use.values());
    }

    @Override
    public Integer call() {
      var settings = settings();
      var file = settings.file().map(Object::toString).orElse("no config file");
      if (json) {
        var result = Json.object().put("ok", true).put("file", settings.file().map(Object::toString).orElse(null));
        result.set("warnings", Json.array(settings.warnings()));
        io.out().println(Json.pretty(result));
      } else {
        io.out().println("ok: " + file + ", " + settings.warnings().size() + " warnings");
      }
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "table", description = "Print the manual: every setting, flag, variable and key.")
  static final class Manuals extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Option(names = "--example", description = "print the example config file")
    private boolean example;

    Manuals(Io io) {
      super(io);
    }

    @Override
    public Integer call() {
      io.out().print(example ? Manual.example() : json ? Json.pretty(Manual.json()) + "\n" : Manual.markdown());
      return Problem.Exit.DONE.code;
    }
  }

  public static void main(String[] args) {
    System.exit(new config(Io.of(System.in, System.out, System.err)).run(args));
  }
}
