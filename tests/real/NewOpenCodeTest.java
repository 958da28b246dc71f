package tests.real;

/** The same with version {@value RealOpenCode#NEW}. */
final class NewOpenCodeTest extends RealOpenCode {
  NewOpenCodeTest() {
    super(NEW);
  }
}
