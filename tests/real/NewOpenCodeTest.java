package tests.real;

/** The same with version {@value OpenCodeProgram#NEW}. */
final class NewOpenCodeTest extends RealOpenCode {
  NewOpenCodeTest() {
    super(OpenCodeProgram.NEW);
  }
}
