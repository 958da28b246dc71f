package lib.cli;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.cli.output.CommandIo;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import lib.store.DurableFiles;
import lib.store.LockFile;

/**
 * An embedded server of this user, announced to commands by {@code local.json}: in the worker's state folder for {@code run --local},
 * in the data folder for {@code serve}, to which a link beside the state folders leads. The file is its owner's alone, since it holds
 * the server's token, and keeps that token for the next start.
 *
 * @param name the state folder's name; null for {@code serve}
 * @param token what the server wants to see; null when it is open on this machine
 * @param isAlive whether the process that wrote the file still holds its lock
 */
public record LocalServer(String name, URI url, String token, boolean isAlive) {
  private static final String FILE = "local.json";
  private static final String LINK = ".server-"; // no worker's folder begins with a dot
  private static final int TOKEN_BYTES = 24; // 192 bits, 32 characters
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]");

  /**
   * The settings with the token that an embedded server asks for: the configured ones, none with {@code --no-token}, else the one in
   * the folder's file, which its first start makes.
   */
  public static Settings withToken(Settings settings, Path folder, CommandIo io) {
    if (!settings.get(SettingsTable.REQUIRE_TOKEN)) {
      io.warn("the server asks for no token: every user of this machine can read its tasks and run code as you");
      return settings;
    }
    if (settings.get(SettingsTable.TOKENS) != null) {
      return settings;
    }
    var kept = read(folder, io).map(LocalServer::token); // none at the first start, and of a file that the announcement replaces
    return settings.with(SettingsTable.TOKENS, kept.orElseGet(LocalServer::randomToken), folder.resolve(FILE).toString());
  }

  private static String randomToken() {
    var bytes = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /**
   * Tells commands of this server, which this process runs while it holds {@code lock}.
   *
   * @throws Problem when the file cannot be written: no command could use the server
   */
  public static void announce(Path folder, Path lock, URI url, String token) {
    var json = Json.object().put("url", url.toString()).put("pid", ProcessHandle.current().pid()).put("lock", lock.toString()).put("token", token);
    try {
      DurableFiles.write(folder.resolve(FILE), Json.write(json).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Problem("the server's address and token cannot be kept in " + folder.resolve(FILE), e.toString(),
          "let this user write there").from(e);
    }
  }

  /** Lets commands find the file in a folder outside the state folders, by one link a folder. */
  public static void link(Path folder, CommandIo io) {
    var link = StateDirectory.all(io.env()).resolve(LINK + Integer.toHexString(folder.toAbsolutePath().toString().hashCode()));
    try {
      DurableFiles.folder(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, folder.toAbsolutePath());
    } catch (IOException e) { // a service may write nowhere but in its data folder
      io.warn("commands do not find this server's token by themselves: " + e);
    }
  }

  /** The settings with the token of a server of this user, when they name its address and no token. */
  static Settings withTokenOf(Settings settings, CommandIo io) {
    var url = settings.get(SettingsTable.SERVER_URL);
    if (url == null || settings.get(SettingsTable.AUTH_TOKEN) != null) {
      return settings;
    }
    var here = all(settings.env(), io).stream().filter(server -> server.isAt(url) && server.token != null)
        .max(Comparator.comparing(LocalServer::isAlive)); // one that is not alive may start after this command
    return here.map(server -> settings.with(SettingsTable.AUTH_TOKEN, server.token, FILE).with(SettingsTable.SERVER_URL, server.url, FILE))
        .orElse(settings); // the announced address: localhost may mean another one, where somebody else listens
  }

  private boolean isAt(URI address) {
    var host = "localhost".equalsIgnoreCase(address.getHost()) && LOOPBACK.contains(url.getHost()) ? url.getHost() : address.getHost();
    return url.getHost().equals(host) && url.getPort() == address.getPort() && url.getScheme().equals(address.getScheme());
  }

  /** The servers that are alive; only the named worker's when the settings name one. */
  static List<LocalServer> alive(Settings settings, CommandIo io) {
    var found = StateDirectory.isNamed(settings) ? read(StateDirectory.of(settings), io).stream().toList() : all(settings.env(), io);
    return found.stream().filter(LocalServer::isAlive).toList();
  }

  /** The servers that this user has started. */
  private static List<LocalServer> all(Environment env, CommandIo io) {
    return StateDirectory.existing(env).stream().flatMap(folder -> read(folder, io).stream()).toList();
  }

  /** The names of the workers whose servers are alive. */
  static String names(Environment env, CommandIo io) {
    return all(env, io).stream().filter(server -> server.isAlive && server.name != null).map(LocalServer::name).collect(Collectors.joining(", "));
  }

  /** For messages: the address, and whose it is. */
  @Override
  public String toString() {
    return url + (name == null ? "" : " of worker " + name);
  }

  /** What the folder's file says. One broken file hides no other server. */
  private static Optional<LocalServer> read(Path folder, CommandIo io) {
    var file = folder.resolve(FILE);
    try {
      var json = Json.readObject(Files.readString(file)).filter(o -> Json.text(o, "url") != null)
          .orElseThrow(() -> new IllegalArgumentException("it names no server"));
      var name = String.valueOf(folder.getFileName());
      return Optional.of(new LocalServer(name.startsWith(LINK) ? null : name, URI.create(Json.text(json, "url")), Json.text(json, "token"),
          isAlive(folder, json)));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // a worker without a server of its own
    } catch (IOException | IllegalArgumentException e) {
      io.warn(file + " is left out: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static boolean isAlive(Path folder, ObjectNode json) {
    var lock = Json.text(json, "lock");
    return LockFile.holder(lock == null ? folder.resolve("lock") : Path.of(lock)).filter(pid -> pid.equals(Json.text(json, "pid"))).isPresent();
  }
}
