package lib.hub;

import java.nio.file.Path;
import lib.config.Settings;
import lib.config.Table;

/**
 * What an embedded server is started with.
 *
 * @param host the address to bind to; beyond loopback only with tokens
 * @param port 0 picks a free one
 * @param database its SQLite file; made when missing, its folder too
 * @param tokens who may come in
 */
public record HubOptions(String host, int port, Path database, Tokens tokens) {

  /** What the settings say. @throws lib.core.Problem when the tokens are none */
  public static HubOptions of(Settings settings) {
    return new HubOptions(settings.get(Table.HOST), settings.get(Table.PORT), database(settings), Tokens.parse(settings.get(Table.TOKENS)));
  }

  /** The database that the settings mean. */
  public static Path database(Settings settings) {
    return settings.get(Table.DB_PATH) != null ? settings.get(Table.DB_PATH) : settings.get(Table.DATA).resolve("server.db");
  }
}
