package lib.server;

import module java.base;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Problem;
import lib.server.http.Tokens;
import lib.server.task.Retention;

/**
 * What an embedded server is started with.
 *
 * @param host the address to bind to; beyond loopback only with tokens
 * @param port 0 picks a free one
 * @param database its SQLite file; made when missing, its folder too
 * @param tokens who may come in
 * @param keep what stays of ended tasks
 */
public record ServerOptions(String host, int port, Path database, Tokens tokens, Retention.Limits keep) {

  /** With the default limits. */
  public ServerOptions(String host, int port, Path database, Tokens tokens) {
    this(host, port, database, tokens, new Retention.Limits(90, 10L << 30));
  }

  /** What the settings say. @throws Problem when the tokens are none, or the settings ask for tokens and for no token */
  public static ServerOptions of(Settings settings) {
    if (!settings.get(SettingsTable.REQUIRE_TOKEN) && settings.get(SettingsTable.TOKENS) != null) {
      throw new Problem("tokens are given, and --no-token", "the server asks for tokens, or for none", "leave one of them out")
          .ending(Problem.Exit.USAGE);
    }
    return new ServerOptions(settings.get(SettingsTable.HOST), settings.get(SettingsTable.PORT), database(settings), Tokens.parse(settings.get(SettingsTable.TOKENS)),
        new Retention.Limits(settings.get(SettingsTable.SERVER_KEEP_DAYS), settings.get(SettingsTable.SERVER_KEEP_BYTES)));
  }

  /** The file whose lock a server holds while it uses the database. */
  public Path lock() {
    return database.resolveSibling(database.getFileName() + ".lock");
  }

  /** The database that the settings mean. */
  public static Path database(Settings settings) {
    return settings.get(SettingsTable.DB_PATH) != null ? settings.get(SettingsTable.DB_PATH) : settings.get(SettingsTable.DATA).resolve("server.db");
  }
}
