package tests.cli;

import module java.base;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a desk of its own. */
abstract class DeskTestBase {
  @TempDir
  Path folder;
  Desk desk;

  @BeforeEach
  void openDesk() throws Exception {
    desk = new Desk(folder);
  }

  @AfterEach
  void closeDesk() throws Exception {
    desk.close();
  }
}
