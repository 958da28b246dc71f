package lib.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.Table;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Command-line options made from the settings table. */
final class Options {
  static final String CONFIG = "--config";

  private Options() {}

  /** Adds {@code --config} and the options of every row that acts in one of these uses. */
  static void add(CommandSpec spec, Set<Setting.Use> uses) {
    spec.addOption(OptionSpec.builder("-c", CONFIG).type(Path.class).paramLabel("FILE").description("config file (default: "
        + "~/.config/a2a-worker/config.json, else /etc/a2a-worker/config.json)").build());
    for (var row : Table.rows()) {
      if (row.uses().stream().anyMatch(uses::contains)) {
        var shown = row.flags().isEmpty() ? row.allFlags() : row.flags();
        add(spec, row, shown, !row.common());
        add(spec, row, row.allFlags().stream().filter(f -> !shown.contains(f)).toList(), true);
        row.allNoFlags().forEach(flag -> spec.addOption(
            OptionSpec.builder(flag).type(boolean.class).hidden(true).build()));
      }
    }
  }

  private static void add(CommandSpec spec, Setting<?> row, List<String> names, boolean hidden) {
    if (names.isEmpty()) {
      return;
    }
    var option = OptionSpec.builder(names.toArray(String[]::new)).hidden(hidden).description(describe(row));
    spec.addOption(row.yesNo() ? option.type(boolean.class).build()
        : option.type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel(label(row)).build());
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

  /** What the command line gave, by setting key. */
  static Map<String, Settings.Flag> given(ParseResult parsed) {
    var flags = new HashMap<String, Settings.Flag>();
    for (var row : Table.rows()) {
      var texts = new ArrayList<String>();
      var name = new String[1];
      row.allFlags().stream().map(parsed::matchedOption).filter(o -> o != null).distinct().forEach(option -> {
        name[0] = option.longestName();
        texts.addAll(row.yesNo() ? List.of("true") : option.originalStringValues());
      });
      row.allNoFlags().stream().filter(parsed::hasMatchedOption).forEach(flag -> {
        name[0] = flag;
        texts.add("false");
      });
      if (!texts.isEmpty()) {
        flags.put(row.key(), new Settings.Flag(name[0], row.repeats() ? texts : List.of(texts.getLast())));
      }
    }
    return flags;
  }
}
