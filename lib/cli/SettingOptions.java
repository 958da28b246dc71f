package lib.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.Stack;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Command-line options made from the settings table, and what one command line gives of them, in the order it was typed.
 */
final class SettingOptions {
  static final String CONFIG = "--config";

  private final List<String> arguments;
  private final List<Typed> typed = new ArrayList<>();

  /** One option as it was typed. */
  private record Typed(Setting<?> row, String name, String text, boolean no) {}

  /** @param arguments the whole command line, for the names that were typed */
  SettingOptions(List<String> arguments) {
    this.arguments = arguments;
  }

  /** Adds {@code --config} and the options of every row that acts in one of these uses. */
  void add(CommandSpec spec, Set<Setting.Use> uses) {
    spec.addOption(OptionSpec.builder("-c", CONFIG).type(String.class).paramLabel("FILE").description("config file (default: "
        + "~/.config/a2a-worker/config.json, else /etc/a2a-worker/config.json)").build());
    for (var row : SettingsTable.rows()) {
      if (row.uses().stream().anyMatch(uses::contains)) {
        var shown = row.flags().isEmpty() ? row.allFlags() : row.flags();
        add(spec, row, shown, !row.common(), false);
        add(spec, row, row.allFlags().stream().filter(f -> !shown.contains(f)).toList(), true, false);
        add(spec, row, row.allNoFlags(), true, true);
      }
    }
  }

  private void add(CommandSpec spec, Setting<?> row, List<String> names, boolean hidden, boolean no) {
    if (names.isEmpty()) {
      return;
    }
    var option = OptionSpec.builder(names.toArray(String[]::new)).hidden(hidden).description(describe(row))
        .preprocessor((stack, command, self, info) -> typed(row, no, stack, String.valueOf(info.get("separator"))));
    spec.addOption(row.yesNo() ? option.type(boolean.class).build()
        : option.type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel(label(row)).build());
  }

  /**
   * Notes an option before picocli does, which keeps neither the order across options nor the name that was typed.
   *
   * @param stack the arguments to come, the next on top; a value in the same argument was put there, too
   * @param separator what stands between name and value: a blank when the value is an argument of its own
   * @return whether there is nothing left for picocli to do
   */
  private boolean typed(Setting<?> row, boolean no, Stack<String> stack, String separator) {
    var apart = separator.equals(" ");
    var argument = arguments.get(arguments.size() - stack.size() - (apart ? 1 : 0));
    var name = argument.startsWith("--") ? argument.replaceFirst("(?s)=.*", "") : argument.substring(0, 2);
    if (row.yesNo()) {
      typed.add(new Typed(row, name, apart ? "true" : stack.pop(), no));
      return true;
    }
    if (!stack.isEmpty()) { // else picocli says that the value is missing
      typed.add(new Typed(row, name, stack.peek(), no));
    }
    return false;
  }

  private static String describe(Setting<?> row) {
    var fallback = row.fallbackText().isEmpty() ? "" : " (default: " + row.fallbackText() + ")";
    return (row.help() + fallback).replace("%", "%%");
  }

  private static String label(Setting<?> row) {
    return switch (row.kind().name()) {
      case "list of codebases" -> "[NAME:]PATH";
      case "number" -> "N";
      default -> row.kind().name().toUpperCase(Locale.ROOT).replace(' ', '-');
    };
  }

  /** What the command line gave, by setting key: all texts where they add up, else the last. */
  Map<String, Settings.Flag> given() {
    var flags = new HashMap<String, Settings.Flag>();
    for (var option : typed) {
      var texts = new ArrayList<String>();
      if (option.row.repeats() && flags.containsKey(option.row.key())) {
        texts.addAll(flags.get(option.row.key()).texts());
      }
      texts.add(option.text);
      flags.put(option.row.key(), new Settings.Flag(option.name, texts, option.no));
    }
    return flags;
  }

  /** The config file that the command line names, or null. */
  static Path config(ParseResult parsed, Environment env) {
    String named = parsed.matchedOptionValue(CONFIG, null);
    if (named != null && named.isBlank()) {
      throw new Problem(CONFIG + " names no file", "its value is empty", "give a path, or leave it out for the usual files")
          .ending(Problem.Exit.USAGE);
    }
    return named == null ? null : env.path(named, env.cwd());
  }
}
