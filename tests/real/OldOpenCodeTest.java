package tests.real;

/** The same with version {@value RealOpenCode#OLD}. */
final class OldOpenCodeTest extends RealOpenCode {
  OldOpenCodeTest() {
    super(OLD);
  }
}
