package lib.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.Problem;

/**
 * A config file as it was read: each top-level key with its value and where it stands.
 *
 * @param entries in the file's order; a key given twice is a problem, not a guess
 */
public record ConfigFile(Path path, Map<String, Entry> entries) {
  /** After a value comes the next key, which the mapper itself would take for text after the end. */
  private static final ObjectReader VALUES = Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** A key's value and the line and column where the key stands. */
  public record Entry(JsonNode value, int line, int column) {}

  /** The files that are read when none is named, the first that exists. */
  public static List<Path> usual(Env env) {
    return List.of(env.home().resolve(".config/a2a-worker/config.json"), Path.of("/etc/a2a-worker/config.json"));
  }

  /**
   * The named file, else the first usual one that exists, else empty. A named file that cannot be read is a problem;
   * so is a usual one that is broken. Another file is never tried instead.
   */
  public static Optional<ConfigFile> find(Path named, Env env) {
    if (named != null) {
      return Optional.of(read(named));
    }
    return usual(env).stream().filter(Files::exists).findFirst().map(ConfigFile::read);
  }

  static ConfigFile read(Path path) {
    var entries = new LinkedHashMap<String, Entry>();
    try (var parser = Json.MAPPER.createParser(Files.readString(path))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw broken(path, parser.currentTokenLocation(), "it must be one JSON object, {…}");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var at = parser.currentTokenLocation();
        var key = parser.currentName();
        parser.nextToken();
        if (entries.put(key, new Entry(VALUES.readTree(parser), at.getLineNr(), at.getColumnNr())) != null) {
          throw broken(path, at, "the key " + key + " is given twice");
        }
      }
      if (parser.nextToken() != null) {
        throw broken(path, parser.currentTokenLocation(), "there is text after the closing brace");
      }
    } catch (JsonProcessingException e) {
      throw broken(path, e.getLocation(), e.getOriginalMessage().split("\n")[0]);
    } catch (NoSuchFileException e) {
      throw new Problem("the config file " + path + " does not exist", "it was named by --config",
          "create it (config.example.json is a start) or leave --config out");
    } catch (IOException e) {
      throw new Problem("the config file " + path + " cannot be read", String.valueOf(e.getMessage()),
          "let the user that runs the worker read it");
    }
    return new ConfigFile(path, entries);
  }

  private static Problem broken(Path path, JsonLocation at, String why) {
    return new Problem("the config file " + path + " is not valid JSON at line " + at.getLineNr() + ", column "
        + at.getColumnNr(), why, "mend it there; no other file is read instead");
  }
}
