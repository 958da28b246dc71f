package lib.config;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Environment;
import lib.core.Json;
import lib.core.PrintableText;
import lib.core.Utf8;

/** The type of a setting: which values it takes, as text or as JSON, and how a value is shown. */
public sealed interface SettingType<T> permits SettingType.Plain, SettingType.Secret, SettingType.Amount, SettingType.Items,
    SettingType.Budgets, SettingType.Arguments, Url {
  SettingType<String> TEXT = text("text", "text that is not empty", text -> true);

  /** The name of something: it travels in headers and stands in lists. */
  SettingType<String> TITLE = text("text", "text without control characters, at most 256 characters", text -> text.length() <= 256 && PrintableText.is(text));
  SettingType<String> MAIL = text("address", "an e-mail address", text -> text.matches("[^@\\s]+@[^@\\s]+") && PrintableText.is(text));

  /** It travels in a header, which alters anything else. */
  SettingType<String> SECRET = new Secret("secret", "one line of printable ASCII", "[\\x20-\\x7e]+");
  SettingType<String> TOKENS = new Secret("secret", "printable ASCII, token or name:token, with commas or lines between", "[\\x20-\\x7e\\t\\r\\n]+");
  SettingType<Path> PATH = text("path", "a path", SettingType::path);

  /** A path, or a name that is looked for on the PATH when it is run. */
  SettingType<String> PROGRAM = text("program", "a path, or a name on the PATH",
      (text, env, base) -> text.contains("/") || text.startsWith("~") ? path(text, env, base).toString() : text);
  SettingType<Boolean> YES_NO = new Plain<>("yes/no", "true or false", (given, env, base) ->
      switch (given.asText().strip().toLowerCase(Locale.ROOT)) { // the old worker took 0 and 1
        case "true", "yes", "on", "1" -> true;
        case "false", "no", "off", "0" -> false;
        default -> null;
      });

  /** They travel in a header. */
  SettingType<List<String>> WORDS = words("a list of words without spaces, or a comma list", "[\\x21-\\x7e&&[^,]]+");

  /** Names of variables, or how names begin with a star behind it. */
  SettingType<List<String>> VARIABLES = words("a list of names of variables or PREFIX_*, or a comma list", "[^=*,\\s]+\\*?|\\*");

  /** Folders that limit what may be reached; the root of the file system would be no limit. */
  SettingType<List<Path>> ROOTS = new Items<>("list of paths", "a list of paths other than /, or a comma list", (item, env, base) -> {
    var root = item.isTextual() ? path(item.asText(), env, base) : null;
    return root == null || root.getNameCount() == 0 ? null : root;
  });
  SettingType<List<String>> ARGUMENTS = new Arguments("arguments", ArgumentTemplate.BOUNDS);
  SettingType<List<Codebase>> CODEBASES = new Items<>("list of codebases",
      "a list of {name, path, description}, or name:path or path with commas between", Codebase::read);

  static SettingType<String> choice(String... words) {
    return text("choice", "one of " + String.join(", ", words), List.of(words)::contains);
  }

  static SettingType<Integer> whole(int min, int max) {
    return new Amount<>("number", "a whole number from " + min + " to " + max, Map.of("", 1L), min, max,
        BigDecimal::intValueExact, BigDecimal::valueOf, Object::toString);
  }

  /** Seconds as a number, or with a unit: 90, 1.5, 90s, 5m, 2h. Fractions count to the millisecond. */
  static SettingType<Duration> seconds(double min, long max) {
    Function<Duration, BigDecimal> number = duration -> BigDecimal.valueOf(duration.toMillis(), 3);
    return new Amount<>("seconds", "seconds from " + plain(BigDecimal.valueOf(min)) + " to " + max + " (90, 90s, 5m and 2h are understood)",
        Map.of("", 1L, "s", 1L, "m", 60L, "h", 3600L), min, max, n -> Duration.ofMillis(Math.round(n.doubleValue() * 1000)), number,
        number.andThen(SettingType::plain));
  }

  /** Bytes as a number, or with KiB, MiB, GiB behind it. */
  static SettingType<Long> bytes(long min, long max) {
    return new Amount<>("bytes", "bytes from " + size(min) + " to " + size(max), Map.of("", 1L, "k", 1L << 10, "kb", 1L << 10, "kib", 1L << 10,
        "m", 1L << 20, "mb", 1L << 20, "mib", 1L << 20, "g", 1L << 30, "gb", 1L << 30, "gib", 1L << 30), min, max, BigDecimal::longValueExact, BigDecimal::valueOf, SettingType::size);
  }

  /** A value that is not allowed; the message completes "must be …". */
  final class Bad extends Exception {
    public Bad(String must) {
      super(must);
    }
  }

  /** Text or JSON to value, null when it is not allowed; {@code base} is where relative paths start. */
  interface Reader<V, T> {
    T read(V given, Environment env, Path base) throws Bad;
  }

  /** What the manual calls it. */
  String name();

  /** What is allowed; it completes "must be …". */
  String bounds();

  /** The value of text or other JSON; null when it is not allowed, which {@link #bounds} explains. */
  T read(JsonNode given, Environment env, Path base) throws Bad;

  /** Reads text or another JSON value; {@code base} is where relative paths start. */
  default T parse(JsonNode given, Environment env, Path base) throws Bad {
    var value = read(given, env, base);
    if (value == null) {
      throw new Bad(bounds());
    }
    return value;
  }

  /** Reads text. */
  default T parse(String text, Environment env, Path base) throws Bad {
    return parse(TextNode.valueOf(text), env, base);
  }

  /** A value for people, without a secret in it. */
  default String show(T value) {
    return value instanceof List<?> list ? list.stream().map(Object::toString).collect(Collectors.joining(",")) : value.toString();
  }

  /** A value as a config file has it, without a secret in it. */
  default JsonNode toJson(T value) {
    return switch (value) {
      case Boolean yes -> BooleanNode.valueOf(yes);
      case List<?> list -> Json.MAPPER.createArrayNode()
          .addAll(list.stream().map(item -> item instanceof Codebase codebase ? codebase.toJson() : TextNode.valueOf(item.toString())).toList());
      default -> TextNode.valueOf(show(value));
    };
  }

  /** Whether a flag given several times adds up instead of the last one deciding. */
  default boolean isAdditive() {
    return this instanceof Items || this instanceof Budgets;
  }

  /** A refused value as a message has it: short, and without what may be secret. */
  default String quote(JsonNode given) {
    var isList = given.isArray() && given.valueStream().allMatch(JsonNode::isTextual);
    var text = isList ? given.valueStream().map(JsonNode::asText).collect(Collectors.joining(",")) : given.asText();
    return !isList && !given.isValueNode() ? "not usable" : "'" + (text.length() <= 40 ? text : text.substring(0, 40) + "…") + "'"; // enough to know it again
  }

  /** A value whose text says it all. */
  record Plain<T>(String name, String bounds, Reader<JsonNode, T> reader) implements SettingType<T> {
    @Override
    public T read(JsonNode given, Environment env, Path base) throws Bad {
      return reader.read(given, env, base);
    }
  }

  /** Text that is never shown. */
  record Secret(String name, String bounds, String pattern) implements SettingType<String> {
    @Override
    public String read(JsonNode given, Environment env, Path base) {
      var secret = given.isTextual() ? Utf8.without(given.asText().strip()).strip() : "";
      return secret.matches(pattern) ? secret : null;
    }

    @Override
    public String show(String value) {
      return "********";
    }

    @Override
    public String quote(JsonNode given) {
      return "not usable";
    }
  }

  /**
   * A number of ASCII digits, with a unit behind it when it is text.
   *
   * @param units by name, in the smallest one
   * @param reader throws {@link ArithmeticException} for a fraction where none is allowed
   */
  record Amount<T>(String name, String bounds, Map<String, Long> units, double min, double max, Function<BigDecimal, T> reader, Function<T, BigDecimal> number,
      Function<T, String> shown) implements SettingType<T> {
    private static final Pattern FORM = Pattern.compile("([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e\\+?\\d{1,3})?)\\s*([a-z]*)");

    @Override
    public T read(JsonNode given, Environment env, Path base) {
      var found = FORM.matcher(given.isTextual() || given.isNumber() ? given.asText().strip().toLowerCase(Locale.ROOT) : "");
      if (!found.matches() || !units.containsKey(found.group(2))) {
        return null;
      }
      var amount = new BigDecimal(found.group(1)).multiply(BigDecimal.valueOf(units.get(found.group(2))));
      try {
        return amount.compareTo(BigDecimal.valueOf(min)) >= 0 && amount.compareTo(BigDecimal.valueOf(max)) <= 0 ? reader.apply(amount) : null;
      } catch (ArithmeticException e) {
        return null;
      }
    }

    @Override
    public String show(T value) {
      return shown.apply(value);
    }

    @Override
    public JsonNode toJson(T value) {
      return DecimalNode.valueOf(new BigDecimal(plain(number.apply(value))));
    }
  }

  /**
   * A list, or text with commas between.
   *
   * @param reader gives null for an item that is not allowed
   */
  record Items<T>(String name, String bounds, Reader<JsonNode, T> reader) implements SettingType<List<T>> {
    @Override
    public List<T> read(JsonNode given, Environment env, Path base) throws Bad {
      var all = new LinkedHashSet<T>();
      for (var item : items(given, bounds)) {
        all.add(reader.read(item, env, base));
      }
      return all.contains(null) ? null : List.copyOf(all);
    }
  }

  /**
   * Seconds by name. Names that are left out keep their default; where the default is not 0, 0 is refused, since it is meant as
   * "never" as often as "at once".
   */
  record Budgets(String name, String bounds, Map<String, Duration> defaults) implements SettingType<Map<String, Duration>> {
    Budgets(Map<String, Duration> defaults) {
      this("seconds by name", "name=seconds with commas between, or an object; names: " + String.join(", ", defaults.keySet()), defaults);
    }

    @Override
    public Map<String, Duration> read(JsonNode given, Environment env, Path base) throws Bad {
      var budgets = new LinkedHashMap<>(defaults);
      for (var item : given.isObject() ? given.propertyStream().map(f -> TextNode.valueOf(f.getKey() + "=" + f.getValue().asText())).toList()
          : items(given, bounds)) {
        var pair = item.asText().split("=", 2);
        var name = pair[0].strip();
        if (pair.length < 2 || !defaults.containsKey(name)) {
          return null;
        }
        try {
          budgets.put(name, seconds(defaults.get(name).isZero() ? 0 : 1, 604_800).parse(pair[1], env, base));
        } catch (Bad e) {
          throw new Bad(bounds + "; " + name + " takes " + e.getMessage());
        }
      }
      return Collections.unmodifiableMap(budgets);
    }

    @Override
    public String show(Map<String, Duration> value) {
      return value.entrySet().stream().map(b -> b.getKey() + "=" + seconds(0, 0).show(b.getValue())).collect(Collectors.joining(","));
    }

    @Override
    public JsonNode toJson(Map<String, Duration> value) {
      var object = Json.object();
      value.forEach((key, budget) -> object.set(key, seconds(0, 0).toJson(budget)));
      return object;
    }
  }

  /** Arguments of a program, with placeholders. */
  record Arguments(String name, String bounds) implements SettingType<List<String>> {
    @Override
    public List<String> read(JsonNode given, Environment env, Path base) throws Bad {
      return ArgumentTemplate.parse(given);
    }

    @Override
    public String show(List<String> value) {
      return Json.write(toJson(value));
    }
  }

  /** The path; another user's home, which a shell would put for {@code ~name}, is not looked up. */
  static Path path(String text, Environment env, Path base) throws Bad {
    if (text.matches("~[^/].*")) {
      throw new Bad("a path, and ~name is not understood: write that folder out");
    }
    try {
      return env.path(text, base);
    } catch (InvalidPathException e) {
      throw new Bad("a path, and this is none: " + e.getReason());
    }
  }

  /** JSON, also when it stands in text. */
  static JsonNode json(JsonNode given, String must) throws Bad {
    try {
      return given.isTextual() ? Json.read(given.asText()) : given;
    } catch (JsonProcessingException e) {
      throw new Bad(must);
    }
  }

  /** Text that is not empty, without the blanks around it. */
  private static <T> SettingType<T> text(String name, String must, Reader<String, T> reader) {
    return new Plain<>(name, must, (given, env, base) -> given.isTextual() && !given.asText().isBlank() ? reader.read(given.asText().strip(), env, base) : null);
  }

  private static SettingType<String> text(String name, String must, Predicate<String> allowed) {
    return text(name, must, (text, env, base) -> allowed.test(text) ? text : null);
  }

  private static SettingType<List<String>> words(String must, String pattern) {
    return new Items<>("list", must, (word, env, base) ->
        word.isTextual() && word.asText().matches(pattern) && PrintableText.is(word.asText()) ? word.asText() : null);
  }

  /** The items of a list, also of one that stands in text, or the texts between commas. */
  private static Iterable<? extends JsonNode> items(JsonNode given, String must) throws Bad {
    if (given.isTextual() && !given.asText().startsWith("[")) {
      return Arrays.stream(given.asText().split(",")).map(String::strip).filter(item -> !item.isEmpty()).map(TextNode::valueOf).toList();
    }
    if (json(given, must) instanceof ArrayNode list) {
      return list;
    }
    throw new Bad(must);
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }

  private static String size(long bytes) {
    var unit = bytes == 0 ? 0 : Math.min(Long.numberOfTrailingZeros(bytes) / 10, 3);
    return (bytes >> 10 * unit) + List.of("", "KiB", "MiB", "GiB").get(unit);
  }
}
