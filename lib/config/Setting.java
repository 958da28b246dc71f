package lib.config;

import module java.base;
import lib.core.Environment;

/**
 * One row of the settings table.
 *
 * @param key the JSON key; the flag {@code --key-with-dashes} and the variable {@code A2A_KEY} follow from it
 * @param names further flags, variables and JSON keys, which their form tells apart
 */
public record Setting<T>(String key, SettingType<T> type, String help, Default<T> fallback, Scope scope, List<String> names) {

  /**
   * Where a setting acts: any command that speaks to a server, one that speaks to the worker on this machine, telling a
   * server who we are, starting the agent CLI, telling a server of sessions, the worker, the embedded server.
   */
  public enum Use { CONNECT, LOCAL, OFFER, AGENT, SYNC, WORK, SERVE }

  /** A default, from the surroundings, and how the manual names it; the value may be null. */
  public record Default<T>(Function<Environment, T> value, String text) {}

  /** In which commands a setting acts, whether their help lists it, and the feature that it waits for, or null. */
  public record Scope(Set<Use> uses, boolean isListed, String later) {}

  /** The feature it belongs to when that feature does not exist yet; null when it acts. */
  public String later() {
    return scope.later;
  }

  public boolean isSecret() {
    return type instanceof SettingType.Secret;
  }

  public boolean isYesNo() {
    return type == SettingType.YES_NO;
  }

  /** Every flag that sets it. */
  public List<String> flags() {
    return all(name -> name.startsWith("-"), "--" + key.replace('_', '-'));
  }

  /** Every flag that switches it off; empty for anything but yes/no. */
  public List<String> noFlags() {
    return isYesNo() ? flags().stream().map(flag -> "--no" + flag.substring(1)).toList() : List.of();
  }

  /** Every variable that sets it; the first that is set decides. */
  public List<String> variables() {
    return all(name -> name.matches("[A-Z0-9_]+"), "A2A_" + key.toUpperCase(Locale.ROOT));
  }

  /** Every JSON key that sets it; the first that is set decides. */
  public List<String> keys() {
    return all(name -> name.matches("[a-z_]+"), key);
  }

  private List<String> all(Predicate<String> form, String own) {
    return Stream.concat(Stream.of(own), names.stream().filter(form)).distinct().toList();
  }
}
