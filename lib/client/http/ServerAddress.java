package lib.client.http;

import module java.base;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;

/**
 * Which server to speak to and how.
 *
 * @param url without a trailing slash
 * @param token sent as bearer with every call; null for none
 * @param caFile PEM file of further authorities; null for none
 * @param env where the proxy variables come from
 */
public record ServerAddress(URI url, String token, Path caFile, Environment env) {

  /** The server that the settings name; null url when they name none. */
  public static ServerAddress of(Settings settings) {
    return new ServerAddress(settings.get(SettingsTable.SERVER_URL), settings.get(SettingsTable.AUTH_TOKEN), settings.get(SettingsTable.CA_FILE), settings.env());
  }

  public ServerAddress at(URI other) {
    return new ServerAddress(other, token, caFile, env);
  }

  public ServerAddress with(String otherToken) {
    return new ServerAddress(url, otherToken, caFile, env);
  }

  @Override
  public String toString() {
    return String.valueOf(url); // never the token
  }
}
