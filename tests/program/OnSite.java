package tests.program;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Gives each test its own machine: a home, a folder with code, and processes that end with the test. */
abstract class OnSite {
  @TempDir
  Path home;
  Site site;
  Path code;

  @BeforeEach
  void openSite() throws Exception {
    site = new Site(home);
    code = site.folder("code");
  }

  @AfterEach
  void closeSite() throws Exception {
    site.close();
  }
}
