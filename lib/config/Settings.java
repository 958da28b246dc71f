package lib.config;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import lib.core.Suggestions;
import lib.core.Utf8;

/**
 * The resolved settings of one process: each value with where it came from. Flag, variable, file, default: the first
 * that gives a value decides. Immutable.
 */
public final class Settings {
  /** Variables of this project that are no settings. */
  private static final Set<String> OTHER_VARS = Set.of("A2A_CACHE_DIR", "A2A_TASK_ID", "A2A_ATTEMPT",
      "A2A_OVERWRITE_OPENCODE_AUTH", "A2A_OVERWRITE_OPENCODE_CONFIG");

  /**
   * Where a value came from.
   *
   * @param where the flag, the variable, {@code file:line:column}, or "default"
   */
  public record Origin(Source source, String where) {}

  /** The sources, the strongest first. */
  public enum Source { FLAG, VARIABLE, FILE, DEFAULT }

  private record Value(Object value, Origin origin) {}

  /**
   * A value that a source gives, not read yet.
   *
   * @param base where relative paths start
   */
  private record Given(Setting<?> setting, Origin origin, JsonNode value, Path base) {
    Object read(Environment env) {
      try {
        return setting.type().parse(value, env, base);
      } catch (SettingType.Bad e) {
        throw new Problem(setting.key() + " is " + setting.type().quote(value) + " (" + origin.where + ")", "it must be " + e.getMessage(),
            "change it in " + origin.where + "; 'config table' lists what every setting takes")
            .ending(origin.source == Source.FLAG ? Problem.Exit.USAGE : Problem.Exit.PROBLEM);
      }
    }

    /** A variable that other programs read too, of a feature that is not there yet: nobody's start depends on it. */
    boolean isHarmless() {
      return setting.later() != null && origin.source == Source.VARIABLE && !origin.where.startsWith("A2A_");
    }
  }

  private final Environment env;
  private final Optional<ConfigFile> file;
  private final Map<String, Value> values;
  private final List<String> warnings;

  private Settings(Environment env, Optional<ConfigFile> file, Map<String, Value> values, List<String> warnings) {
    this.env = env;
    this.file = file;
    this.values = new HashMap<>(values);
    this.warnings = new ArrayList<>(warnings);
  }

  /**
   * Resolves every row of the table.
   *
   * @param flags what the command line gave, by setting key, in the order given
   * @param config the file named by {@code --config}, or null
   * @throws Problem naming the first bad value, its source and the fix
   */
  public static Settings resolve(Map<String, List<String>> flags, Path config, Environment env) {
    var settings = new Settings(env, ConfigFile.find(config, env), Map.of(), List.of());
    for (var row : SettingsTable.rows()) {
      settings.values.put(row.key(), settings.value(row, flags));
    }
    settings.readSecretFiles();
    settings.warn();
    return settings;
  }

  /** The live settings of these, and all others as {@code first} has them. */
  Settings liveOver(Settings first) {
    var mixed = new Settings(env, file, first.values, warnings);
    SettingsTable.LIVE.forEach(row -> mixed.values.put(row.key(), values.get(row.key())));
    return mixed;
  }

  /** These with another value for one setting, which counts as given in that file. */
  public <T> Settings with(Setting<T> setting, T value, String file) {
    var changed = new Settings(env, this.file, values, warnings);
    changed.values.put(setting.key(), new Value(value, new Origin(Source.FILE, file)));
    return changed;
  }

  @SuppressWarnings("unchecked")
  public <T> T get(Setting<T> setting) {
    return (T) values.get(setting.key()).value;
  }

  public Origin origin(Setting<?> setting) {
    return values.get(setting.key()).origin;
  }

  public boolean given(Setting<?> setting) {
    return origin(setting).source != Source.DEFAULT;
  }

  public Environment env() {
    return env;
  }

  /** The config file in use. */
  public Optional<Path> file() {
    return file.map(ConfigFile::path);
  }

  /** What a person should hear: unknown keys, files with secrets that others can read, settings without effect. */
  public List<String> warnings() {
    return Stream.concat(warnings.stream(), idle().map(row -> named(row) + " has no effect yet: this version has no " + row.later())).toList();
  }

  /** The same with one line for all settings without effect, for commands where they would have none anyway. */
  public List<String> briefWarnings() {
    var idle = idle().map(this::named).collect(Collectors.joining(", "));
    return Stream.concat(warnings.stream(), Stream.of("without effect yet: " + idle + "; 'config check' says why").filter(line -> !idle.isEmpty())).toList();
  }

  /** Those that are given and wait for their feature. */
  private Stream<Setting<?>> idle() {
    return SettingsTable.rows().stream().filter(row -> row.later() != null && given(row));
  }

  private String named(Setting<?> row) {
    return row.key() + " (" + origin(row).where + ")";
  }

  private List<Given> given(Setting<?> row, Map<String, List<String>> flags) {
    var all = new ArrayList<Given>();
    if (flags.containsKey(row.key())) {
      var texts = flags.get(row.key());
      all.add(new Given(row, new Origin(Source.FLAG, row.flags().getFirst()),
          row == SettingsTable.CODEBASES ? Json.array(texts) // a folder's name may hold a comma
              : TextNode.valueOf(row.type().isAdditive() ? String.join(",", texts) : texts.getLast()), env.cwd()));
    }
    row.variables().stream().filter(name -> env.var(name) != null)
        .forEach(name -> all.add(new Given(row, new Origin(Source.VARIABLE, name), TextNode.valueOf(env.var(name)), env.cwd())));
    file.ifPresent(f -> row.keys().stream().map(f.entries()::get).filter(entry -> entry != null && entry.isGiven())
        .forEach(entry -> all.add(new Given(row, new Origin(Source.FILE, entry.where()), entry.value(), f.path().toAbsolutePath().getParent()))));
    return all;
  }

  /** The first usable value of the strongest source. */
  private Value value(Setting<?> row, Map<String, List<String>> flags) {
    var all = given(row, flags);
    for (var given : all) {
      try {
        var value = given.read(env);
        var rest = all.subList(all.indexOf(given) + 1, all.size());
        if (row == SettingsTable.CODEBASES) {
          value = codebases(value, given.origin.source == Source.FLAG && !rest.isEmpty() ? rest.getFirst() : null);
        }
        rest.stream().filter(other -> other.origin.source == given.origin.source).findFirst().ifPresent(other -> compare(given, other));
        return new Value(value, given.origin);
      } catch (Problem e) {
        if (!given.isHarmless()) {
          throw e;
        }
        warnings.add(e.what() + " and is not used: " + e.why());
      }
    }
    return new Value(row.fallback().value().apply(env), new Origin(Source.DEFAULT, "default"));
  }

  private void compare(Given used, Given other) {
    try {
      if (!used.read(env).equals(other.read(env))) {
        warnings.add(used.origin.where + " and " + other.origin.where + " both set " + used.setting.key()
            + " to different values; the first is used");
      }
    } catch (Problem e) {
      warnings.add(e.what() + ", and " + used.origin.where + " is used: " + e.why());
    }
  }

  /** The folders of the flags behind those of the next source, as one list. */
  @SuppressWarnings("unchecked")
  private List<Codebase> codebases(Object own, Given weaker) {
    var all = new ArrayList<>(weaker == null ? List.<Codebase>of() : (List<Codebase>) weaker.read(env));
    all.addAll((List<Codebase>) own);
    var list = Codebase.oneList(all);
    var byName = new HashMap<String, Path>();
    list.forEach(codebase -> {
      var other = byName.putIfAbsent(codebase.name(), codebase.path());
      if (other != null) {
        warnings.add("two codebases are named " + codebase.name() + ", " + other + " and " + codebase.path()
            + ": give one another name, NAME:PATH");
      }
    });
    return list;
  }

  private void readSecretFiles() {
    for (var row : SettingsTable.rows()) {
      var companion = row.isSecret() ? values.get(row.key() + "_file") : null;
      if (companion == null || companion.value == null || row.later() != null) { // what has no effect yet needs no file either
        continue;
      }
      var direct = values.get(row.key()).origin;
      if (direct.source.compareTo(companion.origin.source) < 0) {
        continue;
      }
      if (direct.source == companion.origin.source) {
        throw new Problem(row.key() + " is given twice", "by " + direct.where + " and as a file by " + companion.origin.where,
            "keep one of them");
      }
      values.put(row.key(), new Value(readSecret(row, (Path) companion.value, companion.origin), companion.origin));
    }
  }

  private Object readSecret(Setting<?> row, Path path, Origin origin) {
    try {
      var text = Utf8.read(path);
      if (text.isBlank()) {
        throw new Problem(path + " holds no " + row.key(), "it is empty; " + origin.where + " names it", "write the secret into it");
      }
      var secret = row.type().parse(text, env, env.cwd());
      warnIfOthersCanRead(path);
      return secret;
    } catch (SettingType.Bad | Utf8.Malformed e) {
      var why = e instanceof SettingType.Bad ? "it must be " + e.getMessage() : e.getMessage();
      throw new Problem(path + " holds no usable " + row.key(), why + "; " + origin.where + " names it", "write the secret into it again");
    } catch (IOException e) {
      throw new Problem(path + " cannot be read for " + row.key(), origin.where + " names it, and: " + e,
          "create it with mode 0600 for the user that runs the worker");
    }
  }

  private void warn() {
    var keys = new HashSet<String>();
    var vars = new HashSet<String>();
    SettingsTable.rows().forEach(row -> {
      keys.addAll(row.keys());
      vars.addAll(row.variables());
    });
    file.ifPresent(f -> {
      f.entries().forEach((key, entry) -> {
        if (unknown(key, keys)) {
          warnings.add(entry.where() + ": unknown key " + key + hint(key, Setting::key));
        }
      });
      var codebases = f.entries().get(SettingsTable.CODEBASES.key());
      if (codebases != null) {
        codebases.value().valueStream().flatMap(JsonNode::propertyStream).map(Map.Entry::getKey).filter(key -> unknown(key, Codebase.FIELDS)).distinct()
            .forEach(key -> warnings.add(codebases.where() + ": unknown key " + key + " in an entry of codebases"));
      }
      if (SettingsTable.rows().stream().anyMatch(r -> r.isSecret() && values.get(r.key()).origin.source == Source.FILE
          && values.get(r.key() + "_file").value == null)) {
        warnIfOthersCanRead(f.path());
      }
    });
    SettingsTable.rows().stream().filter(row -> row.isSecret() && values.get(row.key()).origin.source == Source.FLAG
        && values.get(row.key() + "_file").origin.source != Source.FLAG).forEach(row -> warnings.add(row.flags().getFirst()
            + " stands in the process list, where every user of this machine can read it: use " + row.variables().getFirst() + " or " + row.key() + "_file"));
    var here = env.cwd().resolve("worker-config.json");
    if (Files.exists(here) && file.map(f -> !f.path().equals(here)).orElse(true)) {
      warnings.add(here + " is not read, because a folder's own file could name a program to run: give it with --config");
    }
    env.vars().keySet().stream().filter(v -> v.startsWith("A2A_") && !vars.contains(v) && !OTHER_VARS.contains(v)).sorted()
        .forEach(v -> warnings.add("the variable " + v + " is no setting" + hint(v, row -> row.variables().getFirst())));
  }

  /** ", did you mean X?", where X is the name that {@code format} gives of the nearest row; nothing when none is near. */
  private static String hint(String unknown, Function<Setting<?>, String> format) {
    var known = new LinkedHashMap<String, Setting<?>>();
    SettingsTable.rows().forEach(row -> row.keys().forEach(key -> known.putIfAbsent(key, row)));
    SettingsTable.rows().stream().filter(row -> !row.isYesNo()).forEach(row -> row.flags().stream().filter(f -> f.startsWith("--"))
        .forEach(flag -> known.putIfAbsent(Suggestions.plain(flag.substring(2)), row)));
    return Suggestions.nearest(unknown, known).map(row -> ", did you mean " + format.apply(row) + "?").orElse("");
  }

  private static boolean unknown(String key, Collection<String> known) {
    return !known.contains(key) && !key.startsWith("_"); // _comment_… is how JSON files carry remarks
  }

  private void warnIfOthersCanRead(Path path) {
    try {
      var modes = Files.getPosixFilePermissions(path);
      if (modes.contains(PosixFilePermission.OTHERS_READ) || modes.contains(PosixFilePermission.GROUP_READ)) {
        warnings.add(path + " holds a secret and others can read it: chmod 600 " + path);
      }
    } catch (IOException | UnsupportedOperationException e) {
      return; // no such permissions here, or the file went away: nothing to warn about
    }
  }
}
