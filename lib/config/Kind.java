package lib.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * The type of a setting: how its text is read, which values are allowed, and how a value is shown.
 *
 * @param name what the manual calls it
 * @param bounds what is allowed, as it stands in messages: "must be …"
 * @param parser text to value; throws {@link Bad}
 * @param json whether a JSON value may be a boolean, a number or a list as well as text
 */
public record Kind<T>(String name, String bounds, Parser<T> parser, Function<T, String> shown, Shape json) {

  /** Which JSON values a kind takes besides text. */
  public enum Shape { TEXT, NUMBER, BOOLEAN, LIST, CODEBASES }

  /** Text to value; {@code base} is where relative paths start. */
  public interface Parser<T> {
    T parse(String raw, Env env, Path base) throws Bad;
  }

  /** A value that is not allowed; the message completes "must be …" where the kind's bounds do not say enough. */
  public static final class Bad extends Exception {
    public Bad(String must) {
      super(must);
    }
  }

  public T parse(String raw, Env env, Path base) throws Bad {
    try {
      return parser.parse(raw, env, base);
    } catch (InvalidPathException e) {
      throw new Bad(bounds + ", and this is none: " + e.getReason());
    }
  }

  /** Reads a JSON value. */
  public T read(JsonNode node, Env env, Path base) throws Bad {
    var fits = node.isTextual() || switch (json) {
      case TEXT -> false;
      case NUMBER -> node.isNumber();
      case BOOLEAN -> node.isBoolean();
      case LIST -> node.isArray() && node.valueStream().allMatch(JsonNode::isTextual);
      case CODEBASES -> node.isArray();
    };
    if (!fits) {
      throw new Bad(bounds);
    }
    if (node.isArray() && json == Shape.LIST) {
      return parse(String.join(",", node.valueStream().map(JsonNode::asText).toList()), env, base);
    }
    return parse(node.isArray() ? node.toString() : node.asText(), env, base);
  }

  /** The value as JSON, in the form that a config file has it. */
  public JsonNode toJson(T value) {
    return switch (value) {
      case null -> Json.MAPPER.nullNode();
      case Boolean yes -> Json.MAPPER.getNodeFactory().booleanNode(yes);
      case Number n -> Json.MAPPER.getNodeFactory().numberNode(n.longValue());
      case Duration d when d.getNano() != 0 -> Json.MAPPER.getNodeFactory().numberNode(d.toMillis() / 1000.0);
      case Duration d -> Json.MAPPER.getNodeFactory().numberNode(d.toSeconds());
      case List<?> list -> Json.MAPPER.valueToTree(list.stream()
          .map(item -> item instanceof Codebase c ? c.toJson() : TextNode.valueOf(item.toString())).toList());
      default -> TextNode.valueOf(shown.apply(value));
    };
  }

  public String show(T value) {
    return value == null ? "" : shown.apply(value);
  }

  static Kind<String> text() {
    return new Kind<>("text", "text that is not empty", (raw, env, base) -> notEmpty(raw), s -> s, Shape.TEXT);
  }

  static Kind<String> secret() {
    return new Kind<>("secret", "text that is not empty", (raw, env, base) -> notEmpty(raw), s -> "********", Shape.TEXT);
  }

  static Kind<String> mail() {
    return new Kind<>("address", "an e-mail address", (raw, env, base) -> {
      if (!raw.matches("[^@\\s]+@[^@\\s]+")) {
        throw new Bad("an e-mail address");
      }
      return raw;
    }, s -> s, Shape.TEXT);
  }

  /** An absolute http or https URL; a trailing slash is dropped. */
  static Kind<URI> url(String... schemes) {
    var must = "a URL like " + schemes[0] + "://host";
    return new Kind<>("URL", must, (raw, env, base) -> {
      try {
        var uri = new URI(raw.strip().replaceAll("/+$", ""));
        if (uri.getUserInfo() != null && List.of(schemes).contains("https")) {
          throw new Bad(must + ", without a user or password in it"); // it would stand in logs; auth_token is for that
        }
        if (uri.getPort() > 65_535) {
          throw new Bad(must + ", with a port up to 65535");
        }
        if (uri.getHost() != null && List.of(schemes).contains(uri.getScheme())) {
          return uri;
        }
      } catch (URISyntaxException e) {
        throw new Bad(must + ", and this is none: " + e.getReason());
      }
      throw new Bad(must + ", with " + String.join(" or ", schemes) + " in front");
    }, URI::toString, Shape.TEXT);
  }

  static Kind<Path> path() {
    return new Kind<>("path", "a path", (raw, env, base) -> env.path(notEmpty(raw), base), Path::toString, Shape.TEXT);
  }

  static Kind<Integer> whole(int least, int most) {
    var must = "a whole number from " + least + " to " + most;
    return new Kind<>("number", must, (raw, env, base) -> {
      try {
        var n = Integer.parseInt(raw.strip());
        if (n >= least && n <= most) {
          return n;
        }
      } catch (NumberFormatException e) {
        throw new Bad(must);
      }
      throw new Bad(must);
    }, Object::toString, Shape.NUMBER);
  }

  /** Seconds as a number, or with a unit: 90, 1.5, 90s, 5m, 2h. Fractions count to the millisecond. */
  static Kind<Duration> seconds(double least, long most) {
    var must = "seconds from " + trim(least) + " to " + most + " (90, 90s, 5m and 2h are understood)";
    return new Kind<>("seconds", must, (raw, env, base) -> {
      var text = raw.strip().toLowerCase(Locale.ROOT);
      var factor = text.endsWith("h") ? 3600 : text.endsWith("m") ? 60 : 1;
      if (text.matches("(\\d+\\.?\\d*|\\.\\d+)[hms]?")) { // else Java would read 90d as 90
        var value = Double.parseDouble(text.replaceFirst("[hms]$", "")) * factor;
        if (value >= least && value <= most) {
          return Duration.ofMillis(Math.round(value * 1000));
        }
      }
      throw new Bad(must);
    }, d -> d.toMillis() % 1000 == 0 ? d.toSeconds() + "" : trim(d.toMillis() / 1000.0), Shape.NUMBER);
  }

  /** Bytes as a number, or with KiB, MiB, GiB behind it. */
  static Kind<Long> bytes(long least, long most) {
    var must = "bytes from " + size(least) + " to " + size(most);
    return new Kind<>("bytes", must, (raw, env, base) -> {
      var text = raw.strip().toLowerCase(Locale.ROOT).replaceFirst("i?b$", "");
      var shift = text.endsWith("k") ? 10 : text.endsWith("m") ? 20 : text.endsWith("g") ? 30 : 0;
      try {
        var value = Math.multiplyExact(Long.parseLong(text.replaceFirst("[kmg]$", "").strip()), 1L << shift);
        if (value >= least && value <= most) {
          return value;
        }
      } catch (ArithmeticException | NumberFormatException e) {
        throw new Bad(must);
      }
      throw new Bad(must);
    }, Kind::size, Shape.NUMBER);
  }

  static Kind<Boolean> bool() {
    return new Kind<>("yes/no", "true or false", (raw, env, base) -> switch (raw.strip().toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "1" -> true;
      case "false", "no", "off", "0" -> false;
      default -> throw new Bad("true or false");
    }, Object::toString, Shape.BOOLEAN);
  }

  static Kind<String> choice(String... values) {
    var must = "one of " + String.join(", ", values);
    return new Kind<>("choice", must, (raw, env, base) -> {
      if (List.of(values).contains(raw)) {
        return raw;
      }
      throw new Bad(must);
    }, s -> s, Shape.TEXT);
  }

  /** Words without commas or line breaks: they travel in a header. */
  static Kind<List<String>> words() {
    return new Kind<>("list", "a list of words without spaces, or a comma list", (raw, env, base) -> {
      var words = split(raw);
      if (words.stream().anyMatch(w -> !w.matches("[\\x21-\\x7e]+"))) {
        throw new Bad("a list of words without spaces, or a comma list");
      }
      return words;
    }, list -> String.join(",", list), Shape.LIST);
  }

  static Kind<List<Path>> paths() {
    return new Kind<>("list of paths", "a list of paths, or a comma list", (raw, env, base) ->
        split(raw).stream().map(p -> env.path(p, base)).toList(),
        list -> String.join(",", list.stream().map(Path::toString).toList()), Shape.LIST);
  }

  static Kind<List<Codebase>> codebases() {
    return new Kind<>("list of codebases", "a list of {name, path, description}, or name:path or path with commas between",
        Codebase::parseAll, list -> String.join(",", list.stream().map(Codebase::toString).toList()), Shape.CODEBASES);
  }

  private static String notEmpty(String raw) throws Bad {
    if (raw.isBlank()) {
      throw new Bad("text that is not empty");
    }
    return raw.strip();
  }

  private static List<String> split(String raw) {
    return Arrays.stream(raw.split(",")).map(String::strip).filter(s -> !s.isEmpty()).distinct().toList();
  }

  private static String trim(double d) {
    return d == Math.rint(d) ? Long.toString((long) d) : Double.toString(d);
  }

  private static String size(long bytes) {
    for (var unit : List.of("GiB", "MiB", "KiB")) {
      var one = 1L << (unit.equals("GiB") ? 30 : unit.equals("MiB") ? 20 : 10);
      if (bytes >= one && bytes % one == 0) {
        return bytes / one + unit;
      }
    }
    return Long.toString(bytes);
  }
}
