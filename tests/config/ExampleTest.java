package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.config.SettingsManual;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Project;

/** What is written about the settings is what the table says. */
class ExampleTest {
  @TempDir
  Path home;

  @Test
  void theExampleFileIsTheTables() throws Exception {
    assertThat(Project.file("config.example.json")).content()
        .as("make it again: ./jbang worker.java config table --example > config.example.json").isEqualTo(SettingsManual.example());
  }

  @Test
  void theManualIsTheTables() throws Exception {
    assertThat(Project.file("docs/settings.md")).content()
        .as("make it again: ./jbang worker.java config table > docs/settings.md").isEqualTo(SettingsManual.markdown());
  }

  @Test
  void theExampleFileIsValidAsItStands() throws Exception {
    Files.createDirectories(home.resolve(".config/a2a-worker"));
    var token = Files.writeString(home.resolve(".config/a2a-worker/token"), "t");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
    var ran = Ran.config(home, Map.of(), "check", "--config", Project.file("config.example.json").toString());
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).isEmpty();
  }
}
