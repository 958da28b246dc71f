package lib.server;

import java.nio.file.Path;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.server.http.Tokens;

/**
 * What an embedded server is started with.
 *
 * @param host the address to bind to; beyond loopback only with tokens
 * @param port 0 picks a free one
 * @param database its SQLite file; made when missing, its folder too
 * @param tokens who may come in
 */
public record ServerOptions(String host, int port, Path database, Tokens tokens) {

  /** What the settings say. @throws lib.core.Problem when the tokens are none */
  public static ServerOptions of(Settings settings) {
    return new ServerOptions(settings.get(SettingsTable.HOST), settings.get(SettingsTable.PORT), database(settings), Tokens.parse(settings.get(SettingsTable.TOKENS)));
  }

  /** The database that the settings mean. */
  public static Path database(Settings settings) {
    return settings.get(SettingsTable.DB_PATH) != null ? settings.get(SettingsTable.DB_PATH) : settings.get(SettingsTable.DATA).resolve("server.db");
  }
}
