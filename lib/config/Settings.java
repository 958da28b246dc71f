package lib.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lib.Problem;

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

  private record Raw(Setting<?> setting, Origin origin, Object text) {}

  private final Env env;
  private final Optional<ConfigFile> file;
  private final Map<String, Value> values = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private Settings(Env env, Optional<ConfigFile> file) {
    this.env = env;
    this.file = file;
  }

  /**
   * Resolves every row of the table.
   *
   * @param flags what the command line gave: setting key to the flag used and its texts, in the order given
   * @param config the file named by {@code --config}, or null
   * @throws Problem naming the first bad value, its source and the mend
   */
  public static Settings resolve(Map<String, Flag> flags, Path config, Env env) {
    var settings = new Settings(env, ConfigFile.find(config, env));
    var fileKeys = new HashSet<String>();
    for (var row : Table.rows()) {
      fileKeys.addAll(row.allKeys());
      settings.values.put(row.key(), settings.value(row, flags));
    }
    settings.readSecretFiles();
    settings.warn(fileKeys);
    return settings;
  }

  /** What one flag was given on the command line. */
  public record Flag(String name, List<String> texts) {}

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

  public Env env() {
    return env;
  }

  /** The config file in use. */
  public Optional<Path> file() {
    return file.map(ConfigFile::path);
  }

  /** What a person should hear: unknown keys, settings without effect, files with secrets that others can read. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  private Value value(Setting<?> row, Map<String, Flag> flags) {
    var raws = new ArrayList<Raw>();
    var flag = flags.get(row.key());
    if (flag != null) {
      // a folder's name may hold a comma, so codebases are handed on as a list
      var text = row == Table.CODEBASES ? Json.array(flag.texts).toString() : String.join(",", flag.texts);
      raws.add(new Raw(row, new Origin(Source.FLAG, flag.name), text));
    }
    row.allVars().stream().filter(v -> env.var(v) != null)
        .map(v -> new Raw(row, new Origin(Source.VARIABLE, v), env.var(v))).forEach(raws::add);
    file.ifPresent(f -> row.allKeys().stream().filter(f.entries()::containsKey).forEach(key -> {
      var entry = f.entries().get(key);
      if (!entry.value().isNull()) { // null is how the old example file says "not set"
        raws.add(new Raw(row, new Origin(Source.FILE, f.path() + ":" + entry.line() + ":" + entry.column()), entry.value()));
      }
    }));
    if (raws.isEmpty()) {
      return new Value(row.fallback().apply(env), new Origin(Source.DEFAULT, "default"));
    }
    var first = raws.getFirst();
    var value = read(first);
    if (row == Table.CODEBASES && first.origin.source == Source.FLAG && raws.size() > 1) {
      value = join((List<?>) read(raws.get(1)), (List<?>) value);
    }
    if (raws.size() > 1 && raws.get(1).origin.source == first.origin.source && !value.equals(read(raws.get(1)))) {
      warnings.add(first.origin.where + " and " + raws.get(1).origin.where + " both set " + row.key()
          + " to different values; the first is used");
    }
    if (row.later() != null) {
      warnings.add(row.key() + " (" + first.origin.where + ") has no effect yet: this version has no " + row.later());
    }
    return new Value(value, first.origin);
  }

  private Object read(Raw raw) {
    try {
      return raw.text instanceof JsonNode node
          ? raw.setting.kind().read(node, env, file.get().path().toAbsolutePath().getParent())
          : raw.setting.kind().parse((String) raw.text, env, env.cwd());
    } catch (Kind.Bad e) {
      var shown = raw.setting.secret() ? "not usable" : "'" + shorten(raw.text.toString()) + "'";
      throw new Problem(raw.setting.key() + " is " + shown + " (" + raw.origin.where + ")", "it must be " + e.getMessage(),
          "change it in " + raw.origin.where + "; 'config table' lists what every setting takes")
          .ending(raw.origin.source == Source.FLAG ? Problem.Exit.USAGE : Problem.Exit.PROBLEM);
    }
  }

  private void readSecretFiles() {
    for (var row : Table.rows()) {
      var companion = values.get(row.key() + "_file");
      if (!row.secret() || companion.value == null) {
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

  private static String readSecret(Setting<?> row, Path path, Origin origin) {
    try {
      var text = Files.readString(path).strip();
      if (!text.isEmpty()) {
        return text;
      }
      throw new Problem(path + " holds no " + row.key(), "it is empty; " + origin.where + " names it", "write the secret into it");
    } catch (IOException e) {
      throw new Problem(path + " cannot be read for " + row.key(), origin.where + " names it, and: " + e,
          "create it with mode 0600 for the user that runs the worker");
    }
  }

  private void warn(Set<String> known) {
    file.ifPresent(f -> {
      f.entries().forEach((key, entry) -> {
        if (!known.contains(key) && !key.startsWith("_")) { // _comment_… is how JSON files carry remarks
          warnings.add(f.path() + ":" + entry.line() + ":" + entry.column() + ": unknown key " + key + nearest(key, known));
        }
      });
      if (Table.rows().stream().anyMatch(r -> r.secret() && values.get(r.key()).origin.source == Source.FILE
          && values.get(r.key() + "_file").value == null) && othersCanRead(f.path())) {
        warnings.add(f.path() + " holds a secret and others can read it: chmod 600 " + f.path());
      }
    });
    var here = env.cwd().resolve("worker-config.json");
    if (Files.exists(here) && file.map(f -> !f.path().equals(here)).orElse(true)) {
      warnings.add(here + " is not read, because a folder's own file could name a program to run: give it with --config");
    }
    var vars = new TreeSet<String>();
    Table.rows().forEach(r -> vars.addAll(r.allVars()));
    env.vars().keySet().stream().filter(v -> v.startsWith("A2A_") && !vars.contains(v) && !OTHER_VARS.contains(v)).sorted()
        .forEach(v -> warnings.add("the variable " + v + " is no setting" + nearest(v, vars)));
  }

  private static boolean othersCanRead(Path path) {
    try {
      var modes = Files.getPosixFilePermissions(path);
      return modes.contains(PosixFilePermission.OTHERS_READ) || modes.contains(PosixFilePermission.GROUP_READ);
    } catch (IOException | UnsupportedOperationException e) {
      return false; // no such permissions here, or the file went away: nothing to warn about
    }
  }

  private static List<Object> join(List<?> first, List<?> second) {
    var all = new ArrayList<Object>(first);
    second.stream().filter(item -> !all.contains(item)).forEach(all::add);
    return all;
  }

  private static String shorten(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /** ", did you mean X?" for the nearest known name, or nothing when none is near. */
  static String nearest(String name, Set<String> known) {
    var best = known.stream().min(Comparator.<String>comparingInt(k -> distance(name, k))
        .thenComparing(Comparator.naturalOrder()));
    return best.filter(k -> distance(name, k) <= Math.max(2, name.length() / 3)).map(k -> ", did you mean " + k + "?")
        .orElse("");
  }

  private static int distance(String a, String b) {
    var row = IntStream.rangeClosed(0, b.length()).toArray();
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
