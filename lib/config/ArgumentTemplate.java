package lib.config;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.config.SettingType.Bad;
import lib.core.Json;

/**
 * A program's arguments with placeholders in them. As text they are a JSON list when they begin with a bracket, so that any
 * of them may hold blanks; else they are what stands between blanks.
 */
public final class ArgumentTemplate {
  private static final List<String> NAMES = List.of("model", "session", "agent", "prompt_file", "directory");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_]+)}");

  static final String BOUNDS = "a JSON list of arguments, or arguments with blanks between; placeholders: {"
      + String.join("} {", NAMES) + "}";

  private ArgumentTemplate() {}

  /** Reads a JSON list, also one that stands in text, or text with blanks between the arguments. */
  static List<String> parse(JsonNode given) throws Bad {
    var text = given.asText().strip();
    if (given.isTextual() && !text.startsWith("[") && (text.indexOf('"') >= 0 || text.indexOf('\'') >= 0)) {
      throw new Bad(BOUNDS + "; quotes mean nothing between blanks, so an argument that holds blanks or quotes needs the list");
    }
    var arguments = given.isTextual() && !text.startsWith("[")
        ? Json.array(Stream.of(text.split("\\s+")).filter(argument -> !argument.isEmpty()).toList()) : SettingType.json(given, BOUNDS);
    if (!arguments.isArray() || arguments.valueStream().anyMatch(argument -> !argument.isTextual() || argument.asText().indexOf('\0') >= 0)) {
      throw new Bad(BOUNDS);
    }
    var unknown = arguments.valueStream().flatMap(argument -> PLACEHOLDER.matcher(argument.asText()).results())
        .filter(found -> !NAMES.contains(found.group(1))).findFirst();
    if (unknown.isPresent()) {
      throw new Bad(BOUNDS + "; " + unknown.get().group() + " is none");
    }
    return arguments.valueStream().map(JsonNode::asText).toList();
  }

  /**
   * The arguments with values in place of the placeholders. An argument whose placeholder has no value is left out, and with it
   * an option right before it.
   *
   * @param values by name; null for one that has none now
   */
  public static List<String> filled(List<String> arguments, Map<String, String> values) {
    var filled = new ArrayList<String>();
    String before = null; // the argument before, when it stands there as it was given
    for (var argument : arguments) {
      var names = PLACEHOLDER.matcher(argument).results().map(found -> found.group(1)).toList();
      if (names.stream().allMatch(name -> values.get(name) != null)) {
        filled.add(PLACEHOLDER.matcher(argument).replaceAll(found -> Matcher.quoteReplacement(values.get(found.group(1)))));
        before = names.isEmpty() ? argument : null;
      } else {
        if (before != null && before.startsWith("-") && !argument.startsWith("-")) {
          filled.removeLast();
        }
        before = null;
      }
    }
    return filled;
  }
}
