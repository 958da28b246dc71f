package lib.cli.config;

import module java.base;
import lib.agent.AgentProgram;
import lib.cli.DataCommand;
import lib.cli.LocalServer;
import lib.client.ApiClient;
import lib.client.http.ServerAddress;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.SettingsTable;
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
        print(Json.pretty(Json.object().put("ok", false).put("what", problem.what()).put("why", problem.why()).put("fix", problem.fix())));
      }
      throw problem;
    }
  }

  private int check(Settings settings) {
    new ApiClient(ServerAddress.of(settings)); // reads ca_file
    EmbeddedServer.check(ServerOptions.of(LocalServer.withToken(settings, settings.get(SettingsTable.DATA), io)));
    var found = new ArrayList<Problem>();
    if (settings.given(SettingsTable.AGENT_BIN)) {
      try {
        AgentProgram.require(settings);
      } catch (Problem absent) { // it may be installed while the worker runs
        found.add(absent);
      }
    }
    for (var place : new SessionStores(settings, () -> settings.get(SettingsTable.CODEBASES)).locations()) {
      if (place.problem() != null) { // the agent may make it while the worker runs
        found.add(place.problem());
      }
    }
    found.forEach(problem -> io.warn(problem.line()));
    var warnings = Stream.concat(settings.warnings().stream(), found.stream().map(Problem::line)).toList();
    var file = settings.file().map(Object::toString).orElse(null);
    return print(Json.object().put("ok", true).put("file", file).set("warnings", Json.array(warnings)),
        "ok: " + (file == null ? "no config file" : file) + ", " + warnings.size() + " warnings");
  }
}
