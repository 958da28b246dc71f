package lib.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder with code on this machine that the worker offers to work in.
 *
 * @param name what people call it; the folder's own name unless given
 * @param path absolute and normalised; it need not exist when the settings are read
 * @param description for people; may be empty
 */
public record Codebase(String name, Path path, String description) {

  @Override
  public String toString() {
    return name + ":" + path;
  }

  ObjectNode toJson() {
    return Json.object().put("name", name).put("path", path.toString()).put("description", description);
  }

  /** {@code name:path}, {@code path}, several of these with commas between, or the JSON list of a config file. */
  static List<Codebase> parseAll(String raw, Env env, Path base) throws Kind.Bad {
    var codebases = new ArrayList<Codebase>();
    if (raw.startsWith("[")) {
      try {
        for (var item : Json.read(raw)) {
          codebases.add(read(item, env, base));
        }
      } catch (JsonProcessingException e) {
        throw new Kind.Bad("a JSON list, or name:path");
      }
    } else {
      for (var item : raw.split(",")) {
        if (!item.isBlank()) {
          codebases.add(parse(item.strip(), env, base));
        }
      }
    }
    return List.copyOf(codebases);
  }

  private static Codebase parse(String raw, Env env, Path base) throws Kind.Bad {
    // a name has no slash, so "/srv/a:b" is a path with a colon in it
    var colon = raw.indexOf(':');
    var named = colon > 0 && !raw.substring(0, colon).contains("/");
    return of(named ? raw.substring(0, colon) : null, named ? raw.substring(colon + 1) : raw, "", env, base);
  }

  private static Codebase read(JsonNode item, Env env, Path base) throws Kind.Bad {
    if (item.isTextual()) {
      return parse(item.asText(), env, base);
    }
    var path = Json.text(item, "path");
    if (path == null) {
      throw new Kind.Bad("a list whose every entry has a path, and one has none: " + item);
    }
    var description = Json.text(item, "description");
    return of(Json.text(item, "name"), path, description == null ? "" : description, env, base);
  }

  private static Codebase of(String name, String path, String description, Env env, Path base) throws Kind.Bad {
    if (path.isBlank()) {
      throw new Kind.Bad("name:path or path, and a path is missing");
    }
    var full = env.path(path, base);
    var last = full.getFileName();
    return new Codebase(name != null && !name.isBlank() ? name.strip() : last == null ? "root" : last.toString(), full,
        description);
  }
}
