package lib.cli.config;

import java.util.ArrayList;
import lib.agent.AgentProgram;
import lib.cli.DataCommand;
import lib.cli.LocalServer;
import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.session.sync.SessionStores;
import picocli.CommandLine.Command;

/** {@code config check}. */
@Command(name = "check", description = "Check every setting and what it names; exit 1 with the "
    + "first bad one.", footer = "%nExample: worker config check --config config.json")
public final class ConfigCheck extends DataCommand {
  public ConfigCheck() {
    super(Use.values());
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
