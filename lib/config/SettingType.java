package lib.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import lib.core.Environment;
import lib.core.Json;
import lib.core.PrintableText;
import lib.core.Utf8;

/**
 * The type of a setting: how its text is read, which values are allowed, and how a value is shown.
 *
 * @param name what the manual calls it
 * @param bounds what is allowed, as it stands in messages: "must be …"
 * @param parser text to value; throws {@link Bad}
 * @param shown how a value is shown; never with a secret in it
 * @param json whether a JSON value may be a boolean, a number, a list or an object as well as text
 */
public record SettingType<T>(String name, String bounds, Parser<T> parser, Function<T, String> shown, Shape json) {

  private static final String SECRET = "secret", URL = "URL";
  private static final int MOST_QUOTED = 40; // enough to know it again; the place is named beside it
  private static final int LONGEST_NAME = 256;

  /** Which JSON values a kind takes besides text. */
  public enum Shape { TEXT, NUMBER, BOOLEAN, LIST, ARGUMENTS, CODEBASES, BUDGETS }

  /** Text to value; {@code base} is where relative paths start. */
  public interface Parser<T> {
    T parse(String raw, Environment env, Path base) throws Bad;
  }

  /** A value that is not allowed; the message completes "must be …" where the kind's bounds do not say enough. */
  public static final class Bad extends Exception {
    public Bad(String must) {
      super(must);
    }
  }

  public T parse(String raw, Environment env, Path base) throws Bad {
    try {
      return parser.parse(raw, env, base);
    } catch (InvalidPathException e) {
      throw new Bad(bounds + ", and this is none: " + e.getReason());
    }
  }

  /** Reads a JSON value. */
  public T read(JsonNode node, Environment env, Path base) throws Bad {
    var fits = node.isTextual() || switch (json) {
      case TEXT -> false;
      case NUMBER -> node.isNumber();
      case BOOLEAN -> node.isBoolean() || node.isIntegralNumber(); // the old worker took 0 and 1
      case LIST, ARGUMENTS -> node.isArray() && node.valueStream().allMatch(JsonNode::isTextual);
      case CODEBASES -> node.isArray();
      case BUDGETS -> node.isObject() && node.valueStream().allMatch(v -> v.isTextual() || v.isNumber());
    };
    if (!fits) {
      throw new Bad(bounds);
    }
    return parse((json == Shape.CODEBASES || json == Shape.ARGUMENTS) && node.isArray() ? node.toString() : node.isObject() ? pairs(node) : plain(node), env, base);
  }

  /** A refused value as a message has it: short, and without what may be secret. */
  String quote(Object raw) {
    var text = raw instanceof JsonNode node ? plain(node) : (String) raw;
    if (text == null || name.equals(SECRET)) {
      return "not usable";
    }
    var open = name.equals(URL) ? Url.masked(text) : text;
    return "'" + (open.length() <= MOST_QUOTED ? open : open.substring(0, MOST_QUOTED) + "…") + "'";
  }

  /** A JSON value as it would stand in a variable: 2.0 and 1e8 as whole numbers, texts with commas between; else null. */
  private static String plain(JsonNode node) {
    if (node.isArray() && node.valueStream().allMatch(JsonNode::isTextual)) {
      return String.join(",", node.valueStream().map(JsonNode::asText).toList());
    }
    var n = node.isFloatingPointNumber() ? node.asDouble() : Double.NaN;
    return !node.isValueNode() ? null : n == Math.rint(n) && Math.abs(n) < 1L << 53 ? Long.toString((long) n) : node.asText();
  }

  /** A JSON object as it would stand in a variable: name=value with commas between. */
  private static String pairs(JsonNode node) {
    return String.join(",", node.propertyStream().map(field -> field.getKey() + "=" + plain(field.getValue())).toList());
  }

  /** The value as JSON, in the form that a config file has it. */
  public JsonNode toJson(T value) {
    return switch (value) {
      case null -> Json.MAPPER.nullNode();
      case Boolean yes -> Json.MAPPER.getNodeFactory().booleanNode(yes);
      case Number n -> Json.MAPPER.getNodeFactory().numberNode(n.longValue());
      case Duration d -> number(d);
      case Map<?, ?> budgets -> {
        var object = Json.object();
        budgets.forEach((kind, budget) -> object.set(kind.toString(), number((Duration) budget)));
        yield object;
      }
      case List<?> list -> Json.MAPPER.valueToTree(list.stream()
          .map(item -> item instanceof Codebase c ? c.toJson() : TextNode.valueOf(item.toString())).toList());
      default -> TextNode.valueOf(shown.apply(value));
    };
  }

  private static JsonNode number(Duration d) {
    return d.getNano() != 0 ? Json.MAPPER.getNodeFactory().numberNode(d.toMillis() / 1000.0)
        : Json.MAPPER.getNodeFactory().numberNode(d.toSeconds());
  }

  public String show(T value) {
    return value == null ? "" : shown.apply(value);
  }

  static SettingType<String> text() {
    return new SettingType<>("text", "text that is not empty", (raw, env, base) -> notEmpty(raw), s -> s, Shape.TEXT);
  }

  /** What people call something: it travels in headers and stands in lists. */
  static SettingType<String> title() {
    var must = "text without control characters, at most " + LONGEST_NAME + " characters";
    return new SettingType<>("text", must, (raw, env, base) -> {
      var name = notEmpty(raw);
      if (name.length() > LONGEST_NAME || !PrintableText.is(name)) {
        throw new Bad(must);
      }
      return name;
    }, s -> s, Shape.TEXT);
  }

  /** It travels in a header, where anything else would be sent as another text than the one given. */
  static SettingType<String> secret() {
    return secret("one line of printable ASCII", "[\\x20-\\x7e]+");
  }

  static SettingType<String> tokens() {
    return secret("printable ASCII, token or name:token, with commas or lines between", "[\\x20-\\x7e\\t\\r\\n]+");
  }

  private static SettingType<String> secret(String must, String pattern) {
    return new SettingType<>(SECRET, must, (raw, env, base) -> {
      var secret = Utf8.without(raw).strip();
      if (!secret.matches(pattern)) {
        throw new Bad(must);
      }
      return secret;
    }, s -> "********", Shape.TEXT);
  }

  static SettingType<String> mail() {
    return new SettingType<>("address", "an e-mail address", (raw, env, base) -> {
      var address = raw.strip();
      if (!address.matches("[^@\\s]+@[^@\\s]+") || !PrintableText.is(address)) {
        throw new Bad("an e-mail address");
      }
      return address;
    }, s -> s, Shape.TEXT);
  }

  /** An absolute URL of one of these schemes; a trailing slash is dropped. */
  static SettingType<URI> url(String... schemes) {
    var must = "a URL like " + schemes[0] + "://host";
    return new SettingType<>(URL, must, (raw, env, base) -> Url.parse(raw, must, List.of(schemes)), Url::shown, Shape.TEXT);
  }

  static SettingType<Path> path() {
    return new SettingType<>("path", "a path", (raw, env, base) -> path(notEmpty(raw), env, base), Path::toString, Shape.TEXT);
  }

  /** A program: a path, then absolute, or a name that is looked for on the PATH when it is run. */
  static SettingType<String> program() {
    return new SettingType<>("program", "a path, or a name on the PATH", (raw, env, base) -> {
      var program = notEmpty(raw);
      return program.contains("/") || program.startsWith("~") ? path(program, env, base).toString() : program;
    }, s -> s, Shape.TEXT);
  }

  static SettingType<Integer> whole(int least, int most) {
    var must = "a whole number from " + least + " to " + most;
    return new SettingType<>("number", must, (raw, env, base) -> {
      try {
        var n = Integer.parseInt(ascii(raw.strip()));
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
  static SettingType<Duration> seconds(double least, long most) {
    var must = "seconds from " + trim(least) + " to " + most + " (90, 90s, 5m and 2h are understood)";
    return new SettingType<>("seconds", must, (raw, env, base) -> {
      var text = raw.strip().toLowerCase(Locale.ROOT);
      var factor = text.endsWith("h") ? 3600 : text.endsWith("m") ? 60 : 1;
      if (text.matches("(\\d+\\.?\\d*|\\.\\d+)[hms]?")) { // else Java would read 90d as 90
        var value = Double.parseDouble(text.replaceFirst("[hms]$", "")) * factor;
        if (value >= least && value <= most) {
          return Duration.ofMillis(Math.round(value * 1000));
        }
      }
      throw new Bad(must);
    }, SettingType::trim, Shape.NUMBER);
  }

  /**
   * Seconds by name. Names that are left out keep their default; where the default is not 0, 0 is refused, since it is meant as
   * "never" as often as "at once".
   */
  static SettingType<Map<String, Duration>> budgets(Map<String, Duration> defaults) {
    var must = "name=seconds with commas between, or an object; names: " + String.join(", ", defaults.keySet());
    return new SettingType<>("seconds by name", must, (raw, env, base) -> {
      var budgets = new LinkedHashMap<>(defaults);
      for (var item : split(raw)) {
        var pair = item.split("=", 2);
        var usual = defaults.get(pair[0].strip());
        if (pair.length < 2 || usual == null) {
          throw new Bad(must);
        }
        try {
          budgets.put(pair[0].strip(), seconds(usual.isZero() ? 0 : 1, 604_800).parse(pair[1], env, base));
        } catch (Bad e) {
          throw new Bad(must + "; " + pair[0].strip() + " takes " + e.getMessage());
        }
      }
      return Collections.unmodifiableMap(budgets);
    }, budgets -> String.join(",", budgets.entrySet().stream().map(b -> b.getKey() + "=" + trim(b.getValue())).toList()), Shape.BUDGETS);
  }

  /** Bytes as a number, or with KiB, MiB, GiB behind it. */
  static SettingType<Long> bytes(long least, long most) {
    var must = "bytes from " + size(least) + " to " + size(most);
    return new SettingType<>("bytes", must, (raw, env, base) -> {
      var text = ascii(raw.strip()).toLowerCase(Locale.ROOT).replaceFirst("i?b$", "");
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
    }, SettingType::size, Shape.NUMBER);
  }

  static SettingType<Boolean> bool() {
    return new SettingType<>("yes/no", "true or false", (raw, env, base) -> switch (raw.strip().toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "1" -> true;
      case "false", "no", "off", "0" -> false;
      default -> throw new Bad("true or false");
    }, Object::toString, Shape.BOOLEAN);
  }

  static SettingType<String> choice(String... values) {
    var must = "one of " + String.join(", ", values);
    return new SettingType<>("choice", must, (raw, env, base) -> {
      if (List.of(values).contains(raw)) {
        return raw;
      }
      throw new Bad(must);
    }, s -> s, Shape.TEXT);
  }

  /** Words without commas or line breaks: they travel in a header. */
  static SettingType<List<String>> words() {
    return words("a list of words without spaces, or a comma list", "[\\x21-\\x7e]+");
  }

  /** Names of variables, or how names begin with a star behind it. */
  static SettingType<List<String>> variables() {
    return words("a list of names of variables or PREFIX_*, or a comma list", "[^=*\\s]+\\*?|\\*");
  }

  /** Arguments of a program, with placeholders. */
  static SettingType<List<String>> arguments() {
    return new SettingType<>("arguments", ArgumentTemplate.BOUNDS, (raw, env, base) -> ArgumentTemplate.parse(raw), list -> Json.write(Json.array(list)),
        Shape.ARGUMENTS);
  }

  private static SettingType<List<String>> words(String must, String pattern) {
    return new SettingType<>("list", must, (raw, env, base) -> {
      var words = split(raw);
      if (words.stream().anyMatch(w -> !w.matches(pattern) || !PrintableText.is(w))) {
        throw new Bad(must);
      }
      return words;
    }, list -> String.join(",", list), Shape.LIST);
  }

  /** Limits of what may be reached; the root of the file system would be none. */
  static SettingType<List<Path>> roots() {
    var must = "a list of paths other than /, or a comma list";
    return new SettingType<>("list of paths", must, (raw, env, base) -> {
      var roots = new ArrayList<Path>();
      for (var item : split(raw)) {
        var root = path(item, env, base);
        if (root.getNameCount() == 0) {
          throw new Bad(must);
        }
        roots.add(root);
      }
      return List.copyOf(roots);
    }, list -> String.join(",", list.stream().map(Path::toString).toList()), Shape.LIST);
  }

  static SettingType<List<Codebase>> codebases() {
    return new SettingType<>("list of codebases", "a list of {name, path, description}, or name:path or path with commas between",
        Codebase::parseAll, list -> String.join(",", list.stream().map(Codebase::toString).toList()), Shape.CODEBASES);
  }

  private static String notEmpty(String raw) throws Bad {
    if (raw.isBlank()) {
      throw new Bad("text that is not empty");
    }
    return raw.strip();
  }

  /** The path; another user's home, which a shell would put for {@code ~name}, is not looked up. */
  static Path path(String raw, Environment env, Path base) throws Bad {
    if (raw.matches("~[^/].*")) {
      throw new Bad("a path, and ~name is not understood: write that folder out");
    }
    return env.path(raw, base);
  }

  /** Java's own parsers take the digits of every script. */
  private static String ascii(String text) {
    return text.chars().allMatch(c -> c < 128) ? text : "";
  }

  private static List<String> split(String raw) {
    return Arrays.stream(raw.split(",")).map(String::strip).filter(s -> !s.isEmpty()).distinct().toList();
  }

  private static String trim(Duration d) {
    return trim(d.toMillis() / 1000.0);
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
