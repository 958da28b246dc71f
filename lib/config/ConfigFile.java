package lib.config;

import module java.base;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import lib.core.Utf8;

/**
 * A config file as it was read: each top-level key with its value and where it stands. No message quotes a value, which
 * may be a secret.
 *
 * @param entries in the file's order; a key given twice, at any depth, is a problem, not a guess
 */
public record ConfigFile(Path path, Map<String, Entry> entries) {
  /** After a value comes the next key, which the mapper itself would take for text after the end. */
  private static final ObjectReader VALUES = Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
  private static final String OBJECT = "it must be one JSON object, {…}";

  /** A key's value and where the key stands, as {@code file:line:column}. */
  public record Entry(JsonNode value, String where) {
    /** Whether it sets anything: null and empty text are how example files say "not set". */
    boolean isGiven() {
      return !value.isNull() && !(value.isTextual() && value.asText().isEmpty());
    }
  }

  /** The files that are read when none is named, the first that exists. */
  public static List<Path> usual(Environment env) {
    return List.of(env.xdg("XDG_CONFIG_HOME", ".config").resolve("a2a-worker/config.json"), Path.of("/etc/a2a-worker/config.json"));
  }

  /**
   * The named file, else the first usual one that exists, else empty. A file that cannot be read is a problem, and another
   * one is never tried instead.
   */
  public static Optional<ConfigFile> find(Path named, Environment env) {
    if (named != null) {
      return Optional.of(read(named, "it was named by --config", "create it (config.example.json is a start) or leave --config out"));
    }
    return usual(env).stream().filter(file -> !absent(file)).findFirst()
        .map(file -> read(file, "it is a file that is read when --config names none", "correct or delete what stands there"));
  }

  /** Whether nothing can stand there: no link hangs on the way to it, and no folder hides it. */
  private static boolean absent(Path file) {
    var nearest = Stream.iterate(file, Objects::nonNull, Path::getParent)
        .filter(p -> Files.exists(p, LinkOption.NOFOLLOW_LINKS)).findFirst().orElseThrow();
    return !nearest.equals(file) && (Files.isDirectory(nearest) ? Files.isExecutable(nearest) : !Files.isSymbolicLink(nearest));
  }

  private static ConfigFile read(Path path, String why, String fix) {
    if (Files.exists(path) && !Files.isRegularFile(path)) { // reading a pipe or a device may wait or go on for ever
      throw new Problem("the config file " + path + " is no regular file", why, "name a file");
    }
    if (Files.notExists(path)) {
      var link = Files.isSymbolicLink(path) ? ", and is a link to what is not there" : "";
      throw new Problem("the config file " + path + " does not exist", why + link, fix);
    }
    try {
      return new ConfigFile(path, parse(path, Utf8.read(path)));
    } catch (Utf8.Malformed e) {
      throw broken(path, "UTF-8", e.line, e.column, "there is a byte that UTF-8 does not have");
    } catch (IOException e) {
      throw new Problem("the config file " + path + " cannot be read", e instanceof AccessDeniedException ? "permission denied; " + why
          : String.valueOf(e.getMessage()), "let the user that runs the worker read it");
    }
  }

  private static Map<String, Entry> parse(Path path, String text) throws IOException {
    if (text.isBlank()) {
      throw broken(path, "valid JSON", 1, 1, "it is empty; " + OBJECT);
    }
    var entries = new LinkedHashMap<String, Entry>();
    var parser = Json.MAPPER.createParser(text);
    try {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw broken(path, parser.currentTokenLocation(), OBJECT);
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var at = parser.currentTokenLocation();
        var key = parser.currentName();
        parser.nextToken();
        if (entries.put(key, new Entry(VALUES.readTree(parser), path + ":" + at.getLineNr() + ":" + at.getColumnNr())) != null) {
          throw broken(path, at, "the key " + key + " is given twice");
        }
      }
      if (parser.nextToken() != null) {
        throw broken(path, parser.currentTokenLocation(), "there is text after the closing brace");
      }
    } catch (JsonProcessingException e) {
      throw broken(path, e.getLocation() == null ? parser.currentLocation() : e.getLocation(), reason(e));
    }
    return entries;
  }

  /** The reason in our own words: the library's quote what stands there. */
  private static String reason(JsonProcessingException e) {
    return switch (e) {
      case MismatchedInputException twice -> "a key is given twice in one object";
      case StreamConstraintsException large -> "a number is too long there, or braces and brackets are nested too deeply";
      case JsonEOFException end -> "it ends before everything is closed";
      default -> "JSON has text in double quotes, commas between entries and none behind the last, backslashes written twice and no comments";
    };
  }

  private static Problem broken(Path path, JsonLocation at, String why) {
    return broken(path, "valid JSON", at.getLineNr(), at.getColumnNr(), why);
  }

  private static Problem broken(Path path, String what, int line, int column, String why) {
    return new Problem("the config file " + path + " is not " + what + " at line " + line + ", column " + column, why,
        "correct it there; no other file is read instead");
  }
}
