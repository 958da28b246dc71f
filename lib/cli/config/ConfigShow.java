package lib.cli.config;

import module java.base;
import lib.agent.AgentProgram;
import lib.cli.DataCommand;
import lib.cli.output.TextTable;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.SettingsManual;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Json;
import lib.core.Problem;
import lib.server.ServerOptions;
import lib.session.sync.SessionStores;
import lib.worker.context.WorkerIdentity;
import picocli.CommandLine.Command;

/** {@code config show}. */
@Command(name = "show", description = "Print each setting with its value and origin; secrets are masked.",
    footer = "%nExample: worker config show --json")
public final class ConfigShow extends DataCommand {
  public ConfigShow() {
    super(Use.values());
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
    var places = new SessionStores(settings, () -> settings.get(SettingsTable.CODEBASES)).locations();
    if (json) {
      var shown = SettingsManual.shownJson(settings, used(settings));
      shown.putObject("agent_cli").put("path", path).put("why", why);
      var stores = shown.putArray("session_stores");
      for (var place : places) {
        var problem = place.problem() == null ? null : place.problem().line();
        stores.addObject().put("kind", place.kind()).put("path", place.path().toString()).put("there", place.exists())
            .put("why", place.why()).put("problem", problem);
      }
      return print(Json.pretty(shown));
    }
    var lines = new ArrayList<>(SettingsManual.shown(settings, used(settings)));
    lines.add(List.of("(agent CLI)", path == null ? "none" : path, why));
    places.forEach(place -> lines.add(List.of("(sessions of " + place.kind() + ")", place.path().toString(), chosen(place))));
    return print(TextTable.of(io, List.of("SETTING", "VALUE", "FROM"), lines));
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
