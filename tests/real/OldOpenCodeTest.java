package tests.real;

/** The same with version {@value OpenCodeProgram#OLD}. */
final class OldOpenCodeTest extends RealOpenCode {
  OldOpenCodeTest() {
    super(OpenCodeProgram.OLD);
  }
}
