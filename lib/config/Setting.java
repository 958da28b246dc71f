package lib.config;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import lib.core.Environment;

/**
 * One row of the settings table. Immutable; each {@code with} method gives a changed copy, so the table reads as rows.
 *
 * @param key the JSON key; the flag {@code --key-with-dashes} and the variable {@code A2A_KEY} follow from it
 * @param flags further flags, the preferred one first; these are what help shows
 * @param noFlags flags that set a yes/no setting to no, besides {@code --no-key}
 * @param vars further environment variables
 * @param oldKeys further JSON keys
 * @param fallback the default, from the surroundings; may give null
 * @param fallbackText how the manual names the default
 * @param uses which commands it acts in
 * @param common whether {@code run --help} lists it (the manual lists all)
 * @param later the feature it belongs to when that feature does not exist yet; null when it acts
 */
public record Setting<T>(String key, SettingType<T> kind, List<String> flags, List<String> noFlags, List<String> vars,
    List<String> oldKeys, Function<Environment, T> fallback, String fallbackText, Set<Use> uses, boolean common, String later,
    String help) {

  /**
   * Where a setting acts: any command that speaks to a server, one that speaks to the worker on this machine, telling a
   * server who we are, starting the agent CLI, telling a server of sessions, the worker, the embedded server.
   */
  public enum Use { CONNECT, LOCAL, OFFER, AGENT, SYNC, WORK, SERVE }

  static <T> Setting<T> of(String key, SettingType<T> kind, String help) {
    return new Setting<>(key, kind, List.of(), List.of(), List.of(), List.of(), env -> null, "",
        EnumSet.of(Use.WORK), false, null, help);
  }

  Setting<T> flags(String... names) {
    return new Setting<>(key, kind, List.of(names), noFlags, vars, oldKeys, fallback, fallbackText, uses, common, later, help);
  }

  Setting<T> noFlags(String... names) {
    return new Setting<>(key, kind, flags, List.of(names), vars, oldKeys, fallback, fallbackText, uses, common, later, help);
  }

  Setting<T> vars(String... names) {
    return new Setting<>(key, kind, flags, noFlags, List.of(names), oldKeys, fallback, fallbackText, uses, common, later, help);
  }

  Setting<T> oldKeys(String... names) {
    return new Setting<>(key, kind, flags, noFlags, vars, List.of(names), fallback, fallbackText, uses, common, later, help);
  }

  Setting<T> fallback(T value) {
    return fallback(env -> value, kind.show(value));
  }

  Setting<T> fallback(Function<Environment, T> value, String text) {
    return new Setting<>(key, kind, flags, noFlags, vars, oldKeys, value, text, uses, common, later, help);
  }

  Setting<T> in(Use... where) {
    return new Setting<>(key, kind, flags, noFlags, vars, oldKeys, fallback, fallbackText, Set.of(where), common, later, help);
  }

  Setting<T> listed() {
    return new Setting<>(key, kind, flags, noFlags, vars, oldKeys, fallback, fallbackText, uses, true, later, help);
  }

  Setting<T> later(String feature) {
    return new Setting<>(key, kind, flags, noFlags, vars, oldKeys, fallback, fallbackText, uses, common, feature, help);
  }

  public boolean secret() {
    return kind.name().equals("secret");
  }

  public boolean yesNo() {
    return kind.json() == SettingType.Shape.BOOLEAN;
  }

  /** Whether a flag given several times adds up instead of the last one deciding. */
  public boolean repeats() {
    return kind.json() == SettingType.Shape.CODEBASES || kind.json() == SettingType.Shape.LIST || kind.json() == SettingType.Shape.BUDGETS;
  }

  /** Every flag that sets it, the preferred one first. */
  public List<String> allFlags() {
    return joined(flags, "--" + key.replace('_', '-'));
  }

  /** Every flag that switches it off; empty for anything but yes/no. */
  public List<String> allNoFlags() {
    return yesNo() ? joined(noFlags, "--no-" + key.replace('_', '-')) : List.of();
  }

  /** Every variable that sets it; the first that is set decides. */
  public List<String> allVars() {
    var own = "A2A_" + key.toUpperCase(Locale.ROOT);
    var all = new ArrayList<>(List.of(own));
    vars.stream().filter(v -> !v.equals(own)).forEach(all::add);
    return all;
  }

  /** Every JSON key that sets it; the first that is set decides. */
  public List<String> allKeys() {
    return joined(List.of(key), oldKeys.toArray(String[]::new));
  }

  private static List<String> joined(List<String> first, String... more) {
    var all = new ArrayList<>(first);
    for (var name : more) {
      if (!all.contains(name)) {
        all.add(name);
      }
    }
    return List.copyOf(all);
  }
}
