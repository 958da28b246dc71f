///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.agent.AgentProgram;
import lib.cli.Command;
import lib.cli.LocalServer;
import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.SettingsManual;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.session.sync.SessionStores;
import lib.worker.context.WorkerIdentity;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** {@code config}: what is set and where it came from, whether it is right, and what there is to set. */
@CommandLine.Command(name = "config", description = "Show, check and explain the settings.",
    footer = "%nExample: worker config show")
public final class config extends Command {
  public config(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Show(io), new Check(io), new Manuals(io));
  }

  @CommandLine.Command(name = "show", description = "Print each setting with its value and origin; secrets are masked.",
      footer = "%nExample: worker config show --json")
  static final class Show extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    Show(CommandIo io) {
      super(io, Use.values());
    }

    @Override
    public Integer call() {
      var settings = settings();
      String path = null;
      String why;
      try {
        var agent = AgentProgram.require(settings);
        path = agent.path().toString();
        why = agent.why();
      } catch (Problem none) {
        why = none.what() + ": " + none.why();
      }
      var places = new SessionStores(settings, () -> settings.get(SettingsTable.CODEBASES), Clock.SYSTEM).locations();
      if (json) {
        var shown = SettingsManual.shownJson(settings, used(settings));
        shown.putObject("agent_cli").put("path", path).put("why", why);
        var stores = shown.putArray("session_stores");
        for (var place : places) {
          var problem = place.problem() == null ? null : place.problem().line();
          stores.addObject().put("kind", place.kind()).put("path", place.path().toString()).put("there", place.exists())
              .put("why", place.why()).put("problem", problem);
        }
        io.out().println(Json.pretty(shown));
      } else {
        var lines = new ArrayList<>(SettingsManual.shown(settings, used(settings)));
        lines.add(List.of("(agent CLI)", path == null ? "none" : path, why));
        places.forEach(place -> lines.add(List.of("(sessions of " + place.kind() + ")", place.path().toString(), chosen(place))));
        TextTable.print(io, List.of("SETTING", "VALUE", "FROM"), lines);
      }
      return Problem.Exit.DONE.code;
    }

    private static String chosen(SessionStores.Location place) {
      return place.problem() != null ? place.problem().what() + ": " + place.problem().why()
          : (place.exists() ? "" : "not there yet; ") + place.why();
    }

    /** What a worker and a server started now would use where nothing is set. */
    private static Map<String, String> used(Settings settings) {
      var stateDir = StateDirectory.of(settings);
      var used = new HashMap<>(Map.of(SettingsTable.STATE_DIR.key(), stateDir.toString(), SettingsTable.DB_PATH.key(),
          ServerOptions.database(settings).toString()));
      try {
        WorkerIdentity.kept(stateDir).ifPresent(id -> used.put(SettingsTable.WORKER_ID.key(), id));
      } catch (IOException e) {
        used.put(SettingsTable.WORKER_ID.key(), "(not readable: " + e + ")");
      }
      return used;
    }
  }

  @CommandLine.Command(name = "check", description = "Check every setting and what it names; exit 1 with the "
      + "first bad one.", footer = "%nExample: worker config check --config config.json")
  static final class Check extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    Check(CommandIo io) {
      super(io, Use.values());
    }

    @Override
    public Integer call() {
      try {
        return check(settings());
      } catch (Problem problem) {
        if (json) { // and on stderr for people, as ever
          io.out().println(Json.pretty(Json.object().put("ok", false).put("what", problem.what()).put("why", problem.why())
              .put("fix", problem.fix())));
        }
        throw problem;
      }
    }

    private int check(Settings settings) {
      new ApiClient(ServerAddress.of(settings)); // reads ca_file
      EmbeddedServer.check(ServerOptions.of(LocalServer.withToken(settings, settings.get(SettingsTable.DATA), io)));
      var warnings = new ArrayList<>(settings.warnings());
      if (settings.given(SettingsTable.AGENT_BIN)) {
        try {
          AgentProgram.require(settings);
        } catch (Problem absent) { // it may be installed while the worker runs
          warnings.add(absent.line());
          io.warn(absent.line());
        }
      }
      for (var place : new SessionStores(settings, () -> settings.get(SettingsTable.CODEBASES), Clock.SYSTEM).locations()) {
        if (place.problem() != null) { // the agent may make it while the worker runs
          warnings.add(place.problem().line());
          io.warn(place.problem().line());
        }
      }
      var file = settings.file().map(Object::toString).orElse("no config file");
      if (json) {
        var result = Json.object().put("ok", true).put("file", settings.file().map(Object::toString).orElse(null));
        result.set("warnings", Json.array(warnings));
        io.out().println(Json.pretty(result));
      } else {
        io.out().println("ok: " + file + ", " + warnings.size() + " warnings");
      }
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "table", description = "Print the manual: every setting, flag, variable and key.",
      footer = "%nExample: worker config table")
  static final class Manuals extends Command {
    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Option(names = "--example", description = "print the example config file")
    private boolean example;

    Manuals(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() {
      io.out().print(example ? SettingsManual.example() : json ? Json.pretty(SettingsManual.json()) + "\n" : SettingsManual.markdown());
      return Problem.Exit.DONE.code;
    }
  }

  public static void main(String[] args) {
    System.exit(new config(CommandIo.of(System.in, System.out, System.err)).run(args));
  }
}
