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
    assertThat(begunIn(codebase)).isEqualTo(new ResumePlan.Continue(codebase));
    var below = Files.createDirectories(codebase.resolve("a/b"));
    assertThat(begunIn(below)).isEqualTo(new ResumePlan.Continue(below));
    var link = Files.createSymbolicLink(temp.resolve("link"), codebase);
    assertThat(begunIn(link)).isEqualTo(new ResumePlan.Continue(link));
  }

  @Test
  void refusesASessionOfAnotherCodebase() throws IOException {
    var other = Files.createDirectories(temp.resolve("other"));
    assertThat(begunIn(other)).isInstanceOfSatisfying(ResumePlan.Refuse.class, r -> assertThat(r.why()).contains("ses_1", other.toString()));
    assertThat(begunIn(Files.createSymbolicLink(codebase.resolve("out"), other))).isInstanceOf(ResumePlan.Refuse.class);
    assertThat(begunIn(Files.createDirectories(temp.resolve("code-2")))).isInstanceOf(ResumePlan.Refuse.class);
    assertThat(begunIn(codebase.resolve("../other"))).isInstanceOf(ResumePlan.Refuse.class);
  }

  @Test
  void refusesASessionOfANestedCodebase() throws IOException {
    var inner = Files.createDirectories(codebase.resolve("inner"));
    var codebases = List.of(new Codebase("code", codebase, ""), new Codebase("inner", inner, ""));
    var session = Optional.of(Files.createDirectories(inner.resolve("deep")));
    assertThat(ResumePlan.of("ses_1", session, codebase, codebases)).isInstanceOfSatisfying(ResumePlan.Refuse.class,
        refused -> assertThat(refused.why()).contains("in the codebase inner", "give the task that codebase"));
    assertThat(ResumePlan.of("ses_1", session, inner, codebases)).isEqualTo(new ResumePlan.Continue(inner.resolve("deep")));
    assertThat(ResumePlan.of("ses_1", session, temp, codebases)).as("a task of no codebase, in a home around it")
        .isInstanceOf(ResumePlan.Refuse.class);
    var link = Files.createSymbolicLink(temp.resolve("named-otherwise"), inner);
    assertThat(ResumePlan.of("ses_1", session, link, codebases)).isInstanceOf(ResumePlan.Continue.class);
  }

  @Test
  void startsFreshWhenTheSessionsFolderIsGone() {
    assertThat(begunIn(codebase.resolve("removed"))).isInstanceOfSatisfying(ResumePlan.StartFresh.class,
        fresh -> assertThat(fresh.why()).contains("removed", "is not there any more"));
  }

  @Test
  void asksTheAgentWhenTheSessionIsUnknown() {
    assertThat(ResumePlan.of("ses_1", Optional.empty(), codebase, List.of())).isEqualTo(new ResumePlan.Continue(codebase));
  }

  private ResumePlan begunIn(Path directory) {
    return ResumePlan.of("ses_1", Optional.of(directory), codebase, List.of(new Codebase("code", codebase, "")));
  }
}
