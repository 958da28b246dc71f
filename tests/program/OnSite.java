package tests.program;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests with a machine of their own: a home, a folder with code, and what they put up there; all of it ends with each test. */
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
