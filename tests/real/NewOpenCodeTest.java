package tests.real;

import tests.Heavy;

/** The same with version {@value RealOpenCode#NEW}. */
@Heavy
final class NewOpenCodeTest extends RealOpenCode {
  NewOpenCodeTest() {
    super(NEW);
  }
}
