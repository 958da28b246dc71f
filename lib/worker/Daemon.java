package lib.worker;

import module java.base;
import lib.config.Codebase;
import lib.config.ReloadableSettings;
import lib.config.Settings;

/**
 * The worker together with the way to read its settings again. Thread-safe.
 *
 * @param settings reads them
 * @param offered the folders to work in by these settings
 */
public record Daemon(Worker worker, Supplier<Settings> settings, Function<Settings, List<Codebase>> offered) {

  /** Reads the settings and applies what a running worker can; settings that were read later act later. */
  public synchronized ReloadableSettings.Reloaded reload() {
    var fresh = settings.get();
    return worker.reload(fresh, offered.apply(fresh));
  }
}
