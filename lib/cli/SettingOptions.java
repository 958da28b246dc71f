package lib.cli;

import module java.base;
import lib.config.Setting;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Command-line options made from the settings table, one for each setting with all its names, and what a command line gives of them. */
final class SettingOptions {
  static final String CONFIG = "--config";

  /** No argument of a process can hold it. */
  private static final String MARK = "\0";

  private SettingOptions() {}

  /** Adds {@code --config} and the options of every row that acts in one of these uses. */
  static void add(CommandSpec spec, Set<Setting.Use> uses) {
    SettingsTable.rows().stream().filter(row -> row.scope().uses().stream().anyMatch(uses::contains)).forEach(row -> spec.addOption(option(row)));
    spec.addOption(OptionSpec.builder("-c", CONFIG).type(String.class).paramLabel("FILE").description("config file (default: "
        + "~/.config/a2a-worker/config.json, else /etc/a2a-worker/config.json)").build());
  }

  private static OptionSpec option(Setting<?> row) {
    var fallback = row.fallback().text().isEmpty() ? "" : " (default: " + row.fallback().text() + ")";
    var option = OptionSpec.builder(row.flags().toArray(String[]::new)).hidden(!row.scope().isListed()).description((row.help() + fallback).replace("%", "%%"));
    if (!row.isYesNo()) {
      var label = row == SettingsTable.CODEBASES ? "[NAME:]PATH" : row.type().name().toUpperCase(Locale.ROOT).replace(' ', '-');
      return option.type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel(label).build();
    }
    // what the text means is not picocli's to say
    return option.type(boolean.class).negatable(true).arity("0..1").fallbackValue("true").converters(text -> true)
        .preprocessor((stack, command, self, info) -> {
          if (info.get("negated") == Boolean.TRUE && info.get("separator").equals("=")) {
            throw new ParameterException(command.commandLine(), "--no" + row.flags().getFirst().substring(1) + " takes no value");
          }
          return false;
        }).build();
  }

  /**
   * Lets every text begin with a hyphen when it is given with an equals sign: picocli refuses a value that is also an option.
   *
   * @param spec all whose options are there
   */
  static void acceptHyphens(CommandSpec spec) {
    for (var option : List.copyOf(spec.options())) {
      spec.remove(option);
      spec.addOption(!List.of(option.auxiliaryTypes()).equals(List.of(String.class)) ? option
          : option.toBuilder().converters(text -> text.startsWith(MARK) ? text.substring(1) : text)
              .preprocessor((stack, command, self, info) -> {
                if (info.get("separator").equals("=")) {
                  stack.push(MARK + stack.pop());
                }
                return false;
              }).build());
    }
  }

  /** What the command line gives, by setting key, in the order given. */
  static Map<String, List<String>> given(ParseResult parsed) {
    var given = new HashMap<String, List<String>>();
    for (var row : SettingsTable.rows()) {
      var option = parsed.matchedOption(row.flags().getFirst());
      if (option != null) {
        // picocli keeps no empty text
        given.put(row.key(), !row.isYesNo() ? option.getValue() : option.originalStringValues().isEmpty() ? List.of("") : option.originalStringValues());
      }
    }
    return given;
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
