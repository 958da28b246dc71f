package tests.program;

import module java.base;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer;

/** Gives each test its own machine: a home, a folder with code, processes that end with the test, and a fake server on request. */
abstract class OnSite {
  @TempDir
  Path home;
  Site site;
  Path code;
  FakeServer server; // null until it is asked for

  @BeforeEach
  void openSite() throws Exception {
    site = new Site(home);
    code = site.folder("code");
  }

  @AfterEach
  void closeSite() throws Exception {
    site.close();
    if (server != null) {
      server.close();
    }
  }

  /** Starts a fake server of this generation, which the site uses from now on. */
  void fake(FakeServer.Version version) throws IOException {
    server = FakeServer.start(version);
    site.at(server.url());
  }

  /** Waits until a task of the fake server has this status. */
  void awaitStatus(String task, String status) throws Exception {
    try {
      Program.await(task + " " + status, () -> server.status(task).equals(status));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + ", it is " + server.status(task) + "\n" + site, e);
    }
  }
}
