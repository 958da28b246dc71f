package tests.worker.attempt;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.config.Codebase;
import lib.worker.attempt.ResumePlan;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A task resumes a session in its folder, or not at all. */
class ResumePlanTest {
  @TempDir
  private Path temp;
  private Path codebase;

  @BeforeEach
  void codebase() throws IOException {
    codebase = Files.createDirectories(temp.resolve("code"));
  }

  @Test
  void resumesInTheSessionsFolderWhenItIsInTheCodebase() throws IOException {
    assertThat(begunIn(codebase)).isEqualTo(new ResumePlan("ses_1", codebase, null));
    var below = Files.createDirectories(codebase.resolve("a/b"));
    assertThat(begunIn(below)).isEqualTo(new ResumePlan("ses_1", below, null));
    var link = Files.createSymbolicLink(temp.resolve("link"), codebase);
    assertThat(begunIn(link)).isEqualTo(new ResumePlan("ses_1", link, null));
  }

  @Test
  void refusesASessionOfAnotherCodebase() throws IOException {
    var other = Files.createDirectories(temp.resolve("other"));
    assertThat(begunIn(other)).satisfies(plan -> assertThat(plan.directory()).isNull()).satisfies(plan -> assertThat(plan.why()).contains("ses_1", other.toString()));
    assertThat(begunIn(Files.createSymbolicLink(codebase.resolve("out"), other))).extracting(ResumePlan::directory).isNull();
    assertThat(begunIn(Files.createDirectories(temp.resolve("code-2")))).extracting(ResumePlan::directory).isNull();
    assertThat(begunIn(codebase.resolve("../other"))).extracting(ResumePlan::directory).isNull();
  }

  @Test
  void refusesASessionOfANestedCodebase() throws IOException {
    var inner = Files.createDirectories(codebase.resolve("inner"));
    var codebases = List.of(new Codebase("code", codebase, ""), new Codebase("inner", inner, ""));
    var session = Optional.of(Files.createDirectories(inner.resolve("deep")));
    assertThat(ResumePlan.of("ses_1", session, codebase, codebases)).satisfies(plan -> assertThat(plan.directory()).isNull()).satisfies(plan -> assertThat(plan.why()).contains("in the codebase inner", "give the task that codebase"));
    assertThat(ResumePlan.of("ses_1", session, inner, codebases)).isEqualTo(new ResumePlan("ses_1", inner.resolve("deep"), null));
    assertThat(ResumePlan.of("ses_1", session, temp, codebases)).as("a task of no codebase, in a home around it")
        .extracting(ResumePlan::directory).isNull();
    var link = Files.createSymbolicLink(temp.resolve("named-otherwise"), inner);
    assertThat(ResumePlan.of("ses_1", session, link, codebases)).extracting(ResumePlan::session).isEqualTo("ses_1");
  }

  @Test
  void startsFreshWhenTheSessionsFolderIsGone() {
    assertThat(begunIn(codebase.resolve("removed"))).satisfies(plan -> assertThat(plan.session()).isNull()).satisfies(plan -> assertThat(plan.directory()).isEqualTo(codebase))
        .satisfies(plan -> assertThat(plan.why()).contains("removed", "is not there any more"));
  }

  @Test
  void asksTheAgentWhenTheSessionIsUnknown() {
    assertThat(ResumePlan.of("ses_1", Optional.empty(), codebase, List.of())).isEqualTo(new ResumePlan("ses_1", codebase, null));
  }

  private ResumePlan begunIn(Path directory) {
    return ResumePlan.of("ses_1", Optional.of(directory), codebase, List.of(new Codebase("code", codebase, "")));
  }
}
