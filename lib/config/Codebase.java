package lib.config;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Environment;
import lib.core.Json;

/**
 * A folder with code on this machine that the worker offers to work in.
 *
 * @param name what people call it; the folder's own name unless given
 * @param path absolute and normalised; it need not exist when the settings are read
 * @param description for people; may be empty
 */
public record Codebase(String name, Path path, String description) {
  /** What an entry of a config file may hold. */
  static final List<String> FIELDS = List.of("name", "path", "description");

  @Override
  public String toString() {
    return name + ":" + path;
  }

  ObjectNode toJson() {
    return Json.object().put("name", name).put("path", path.toString()).put("description", description);
  }

  /**
   * One list without a folder in it twice, links resolved where the folder is there: a later entry of the same folder only
   * changes the name and the description, if it has them. Each gets a name.
   */
  static List<Codebase> oneList(List<Codebase> all) {
    var byFolder = new LinkedHashMap<Path, Codebase>();
    all.forEach(codebase -> byFolder.merge(real(codebase.path), codebase, (first, again) -> new Codebase(
        again.name.isEmpty() ? first.name : again.name, first.path,
        again.description.isEmpty() ? first.description : again.description)));
    return byFolder.values().stream().map(Codebase::named).toList();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path; // it is not there yet, so no link of it is either
    }
  }

  private Codebase named() {
    var last = path.getFileName();
    return name.isEmpty() ? new Codebase(last == null ? "root" : last.toString(), path, description) : this;
  }

  private static Codebase parse(String raw, Environment env, Path base) throws SettingType.Bad {
    if (raw.startsWith(":") || raw.startsWith("{")) {
      throw new SettingType.Bad("name:path or path" + (raw.startsWith(":") ? ", and the name before the colon is missing"
          : ", or a JSON list with its brackets, [{…}]"));
    }
    // a name has no slash, so "/srv/a:b" is a path with a colon in it
    var colon = raw.indexOf(':');
    var named = colon > 0 && !raw.substring(0, colon).contains("/");
    return of(named ? raw.substring(0, colon) : "", named ? raw.substring(colon + 1) : raw, "", env, base);
  }

  /** Reads an entry, {@code name:path} or {@code path}. A name that is not given is empty; {@link #oneList} fills it in. */
  static Codebase read(JsonNode item, Environment env, Path base) throws SettingType.Bad {
    if (item.isTextual()) {
      return parse(item.asText(), env, base);
    }
    if (!item.isObject()) {
      throw new SettingType.Bad("a list of {name, path, description} or texts, and an entry is neither");
    }
    for (var field : FIELDS) {
      if (!item.path(field).isTextual() && item.hasNonNull(field)) {
        throw new SettingType.Bad("a list whose entries hold text, and " + field + " of " + known(item) + " is none");
      }
    }
    if (item.path("path").asText().isBlank()) {
      throw new SettingType.Bad("a list whose every entry has a path, and " + known(item) + " has none");
    }
    return of(item.path("name").asText(""), item.path("path").asText(), item.path("description").asText(""), env, base);
  }

  /** An entry by what a person knows it by; the rest of it may be anything. */
  private static String known(JsonNode item) {
    var text = Json.text(item, "name", "path");
    return text == null ? "one" : "'" + text + "'";
  }

  private static Codebase of(String name, String path, String description, Environment env, Path base) throws SettingType.Bad {
    if (path.isBlank()) {
      throw new SettingType.Bad("name:path or path, and a path is missing");
    }
    return new Codebase(name.strip(), SettingType.path(path, env, base), description);
  }
}
