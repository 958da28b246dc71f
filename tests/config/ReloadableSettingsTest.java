package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import org.junit.jupiter.api.Test;

/** A reload changes what a running worker can take over, and nothing else. */
class ReloadableSettingsTest {
  private static Settings settings(Map<String, String> variables) {
    return Settings.resolve(Map.of(), null, new Environment(variables, Path.of("/tmp"), Path.of("/nonexistent"), "host"));
  }

  @Test
  void keepsTheFirstValueOfASettingThatNeedsARestart() {
    var live = new ReloadableSettings(settings(Map.of("A2A_POLL_INTERVAL", "3", "A2A_MAX_CONCURRENT_TASKS", "1")));
    var reloaded = live.replace(settings(Map.of("A2A_POLL_INTERVAL", "4", "A2A_MAX_CONCURRENT_TASKS", "5")));
    assertThat(live.get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(5);
    assertThat(live.get(SettingsTable.POLL_INTERVAL)).isEqualTo(live.now().get(SettingsTable.POLL_INTERVAL)).isEqualTo(Duration.ofSeconds(3));
    assertThat(reloaded.changed()).containsExactly("max_concurrent_tasks");
    assertThat(reloaded.restart()).containsExactly("poll_interval");
  }

  @Test
  void namesASettingThatNeedsARestartUntilItHasItsFirstValueAgain() {
    var live = new ReloadableSettings(settings(Map.of("A2A_POLL_INTERVAL", "3")));
    live.replace(settings(Map.of("A2A_POLL_INTERVAL", "4")));
    assertThat(live.replace(settings(Map.of("A2A_POLL_INTERVAL", "4"))).restart()).containsExactly("poll_interval");
    assertThat(live.replace(settings(Map.of("A2A_POLL_INTERVAL", "3"))).restart()).isEmpty();
  }
}
