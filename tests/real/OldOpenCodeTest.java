package tests.real;

import tests.Heavy;

/** The same with version {@value RealOpenCode#OLD}. */
@Heavy
final class OldOpenCodeTest extends RealOpenCode {
  OldOpenCodeTest() {
    super(OLD);
  }
}
