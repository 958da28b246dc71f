package lib.config;

import module java.base;

/** The settings of a running worker. A reload replaces the live ones; all others keep their first value. Thread-safe. */
public final class ReloadableSettings {

  /**
   * What a reload found.
   *
   * @param changed keys of settings that act from now on
   * @param restart keys of settings that are not what this process started with, and act after a restart
   */
  public record Reloaded(List<String> changed, List<String> restart) {}

  private final Settings first;
  private volatile Settings now;

  /** Settings to start with. */
  public ReloadableSettings(Settings first) {
    this.first = first;
    this.now = first;
  }

  /** The settings at this moment. */
  public Settings now() {
    return now;
  }

  public <T> T get(Setting<T> setting) {
    return now.get(setting);
  }

  /** Takes over the live settings of these and names the others that differ. */
  public synchronized Reloaded replace(Settings fresh) {
    var changed = new ArrayList<String>();
    var restart = new ArrayList<String>();
    for (var row : SettingsTable.rows()) {
      var live = SettingsTable.LIVE.contains(row);
      if (row.later() == null && !Objects.equals((live ? now : first).get(row), fresh.get(row))) {
        (live ? changed : restart).add(row.key());
      }
    }
    now = fresh.liveOver(first);
    return new Reloaded(List.copyOf(changed), List.copyOf(restart));
  }
}
