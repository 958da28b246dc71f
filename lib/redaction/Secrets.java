package lib.redaction;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Json;

/**
 * The secrets that are known at the start, each value with a name for its masks. A value that is too short, a number, a path,
 * an address or a common word is no secret: its masks would spoil the output and protect nothing. Not thread-safe.
 */
public final class Secrets {
  /** Shorter values turn up by chance and protect nobody. */
  static final int SHORTEST = 8;

  private static final Pattern SECRET_NAME = Pattern.compile("TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTHORIZATION|API_?KEY|"
      + "PRIVATE_?KEY|ACCESS_?KEY|CONNECTION_?STRING|(^|_)(AUTH|PASS|KEY|JWT|BEARER|PAT|DSN|PWD|COOKIES?|SIG)(_|$)");
  /** The variables of a build tool that hold a package's own words, and the folder that a shell is in. */
  private static final Pattern PUBLIC_NAME = Pattern.compile("(?:npm_package|CARGO_PKG)_.*|PWD");
  /** A part of a connection string, of a URL's query or of options. */
  private static final Pattern PAIR = Pattern.compile("(?<=^|[;&?,\\s])([\\w .-]{1,40})=[\"']?([^;&\\s\"']+)");
  /** Addresses that let anybody write who knows them. */
  private static final Pattern WEBHOOK = Pattern.compile("https?://(?:hooks\\.[^/\\s]+|[^/\\s]*webhook[^/\\s]*|[^/\\s]+(?=/(?:\\S+/)?webhooks?/))/(\\S+)");
  private static final Pattern URL_PATH = Pattern.compile("https?://[^/\\s]+/(\\S+)");
  private static final Pattern NUMBER = Pattern.compile("[-+]?[\\d.,:_ -]+");
  /** The first folder is in small letters, as on all systems; a key in base64 that begins with a slash hardly ever is. */
  private static final Pattern PATH = Pattern.compile("(~|/[a-z_]{2,12}|/Users)(/.*)?");
  private static final Pattern ADDRESS = Pattern.compile(
      "[a-z][a-z0-9+.-]*://[^@]*|[a-z0-9-]+(\\.[a-z0-9-]+)*\\.[a-z]{2,}(:\\d+)?|[a-z0-9-]+:\\d+");
  private static final Pattern URL_PASSWORD = Pattern.compile("://[^\\s/?#:@]*:([^\\s/?#]+)@");
  private static final Pattern SAME = Pattern.compile("(.)\\1*", Pattern.DOTALL); // as in ********
  /** Values of variables with secret names that hold no secret. */
  private static final Set<String> WORDS = Set.of("password", "passphrase", "production", "development", "localhost", "disabled",
      "undefined", "required", "optional", "anonymous", "changeme", "external", "internal", "wellknown", "keychain",
      "credentials", "x-api-key", "authorization", "authenticated", "interactive", "username",
      "readonly", "read-only", "read-write", "standard", "automatic");

  private final Map<String, String> names = new LinkedHashMap<>();

  /** The secrets in the settings and in the environment's variables. */
  public static Secrets of(Settings settings) {
    var secrets = new Secrets();
    secrets.add("server token", settings.get(SettingsTable.AUTH_TOKEN));
    for (var own : own(settings)) {
      secrets.add("worker's secret", own);
    }
    SettingsTable.rows().forEach(row -> secrets.addPassword(row.key(), String.valueOf(settings.get(row))));
    settings.env().vars().forEach(secrets::addVariable);
    return secrets;
  }

  /** The secrets of the worker, which no agent gets: the values of all settings that hold one. */
  public static List<String> own(Settings settings) {
    return SettingsTable.rows().stream().filter(row -> row.isSecret() && settings.get(row) != null)
        .flatMap(row -> Pattern.compile("[,\r\n]").splitAsStream((String) settings.get(row)))
        .map(entry -> entry.substring(entry.indexOf(':') + 1).strip()).filter(value -> value.length() >= SHORTEST).toList();
  }

  private void addVariable(String name, String value) {
    addPassword(name, value);
    if (PUBLIC_NAME.matcher(name).matches()) {
      return;
    }
    if (looksSecret(name)) {
      add(name, value);
    }
    if (value.startsWith("{")) {
      Json.readObject(value).ifPresent(json -> addJson(name, json, false)); // a whole config or credentials file
    }
    PAIR.matcher(value).results().filter(pair -> looksSecret(pair.group(1).strip())).forEach(pair -> put(name, pair.group(2)));
    (name.toUpperCase(Locale.ROOT).contains("WEBHOOK") ? URL_PATH : WEBHOOK).matcher(value).results().forEach(url -> put(name, url.group(1)));
  }

  /** Adds a value, whatever its name, and each of its lines. */
  public void add(String name, String value) {
    if (value == null) {
      return;
    }
    value.lines().map(String::strip).filter(line -> !line.startsWith("-----")).forEach(line -> put(name, line));
    put(name, value.strip());
  }

  /**
   * Adds the texts in a JSON value.
   *
   * @param all whether every text is a secret; else only a text under a name that looks secret
   */
  public void addJson(String name, JsonNode json, boolean all) {
    json.properties().forEach(field -> {
      if (field.getValue().isTextual() && (all || looksSecret(field.getKey()))) {
        add(name, field.getValue().asText());
      }
      addJson(name, field.getValue(), all);
    });
    if (json.isArray()) {
      json.forEach(item -> addJson(name, item, all));
    }
  }

  /** Adds the password in a URL, encoded and decoded. */
  private void addPassword(String name, String value) {
    var password = URL_PASSWORD.matcher(value);
    while (password.find()) {
      put(name, password.group(1));
      try {
        put(name, URLDecoder.decode(password.group(1).replace("+", "%2B"), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        continue; // the password has a % that begins no code, and is plain
      }
    }
  }

  private void put(String name, String value) {
    if (isSecret(value)) {
      names.putIfAbsent(value, name);
    }
  }

  /** Each value with its name. A view. */
  public Map<String, String> names() {
    return Collections.unmodifiableMap(names);
  }

  /** Whether a variable or field of this name holds a secret; {@code GIT_AUTHOR_NAME} does not. */
  static boolean looksSecret(String name) {
    return SECRET_NAME.matcher(name.replaceAll("([a-z])([A-Z])", "$1_$2").replaceAll("[-. ]", "_").toUpperCase(Locale.ROOT)).find();
  }

  /** Whether a value can be a secret at all. */
  static boolean isSecret(String value) {
    return value.length() >= SHORTEST && !WORDS.contains(value.toLowerCase(Locale.ROOT)) && !NUMBER.matcher(value).matches()
        && !PATH.matcher(value).matches() && !ADDRESS.matcher(value).matches() && !SAME.matcher(value).matches();
  }
}
