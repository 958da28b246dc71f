package lib.wire;

import java.net.URI;
import java.nio.file.Path;
import lib.config.Settings;
import lib.config.Table;
import lib.core.Environment;

/**
 * Which server to speak to and how.
 *
 * @param url without a trailing slash
 * @param token sent as bearer with every call; null for none
 * @param caFile PEM file of further authorities; null for none
 * @param env where the proxy variables come from
 */
public record Server(URI url, String token, Path caFile, Environment env) {

  /** The server that the settings name; null url when they name none. */
  public static Server of(Settings settings) {
    return new Server(settings.get(Table.SERVER_URL), settings.get(Table.AUTH_TOKEN), settings.get(Table.CA_FILE), settings.env());
  }

  public Server at(URI other) {
    return new Server(other, token, caFile, env);
  }

  public Server with(String otherToken) {
    return new Server(url, otherToken, caFile, env);
  }

  @Override
  public String toString() {
    return String.valueOf(url); // never the token
  }
}
