package tests.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lib.config.Codebase;
import lib.task.Resume;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session is gone on with where it was begun, or not at all. */
class ResumeTest {
  @TempDir
  private Path temp;
  private Path codebase;

  @BeforeEach
  void codebase() throws IOException {
    codebase = Files.createDirectories(temp.resolve("code"));
  }

  @Test
  void itsOwnFolderCountsWhereThatLiesInTheCodebase() throws IOException {
    assertThat(begunIn(codebase)).isEqualTo(new Resume.GoOn(codebase));
    var below = Files.createDirectories(codebase.resolve("a/b"));
    assertThat(begunIn(below)).isEqualTo(new Resume.GoOn(below));
    var link = Files.createSymbolicLink(temp.resolve("link"), codebase);
    assertThat(begunIn(link)).isEqualTo(new Resume.GoOn(link));
  }

  @Test
  void aTaskDoesNotGetAtAnotherCodebaseByNamingASession() throws IOException {
    var other = Files.createDirectories(temp.resolve("other"));
    assertThat(begunIn(other)).isInstanceOfSatisfying(Resume.Refused.class, r -> assertThat(r.why()).contains("ses_1", other.toString()));
    assertThat(begunIn(Files.createSymbolicLink(codebase.resolve("out"), other))).isInstanceOf(Resume.Refused.class);
    assertThat(begunIn(Files.createDirectories(temp.resolve("code-2")))).isInstanceOf(Resume.Refused.class);
    assertThat(begunIn(codebase.resolve("../other"))).isInstanceOf(Resume.Refused.class);
  }

  @Test
  void aCodebaseWithinAnotherHasItsSessionsToItself() throws IOException {
    var inner = Files.createDirectories(codebase.resolve("inner"));
    var codebases = List.of(new Codebase("code", codebase, ""), new Codebase("inner", inner, ""));
    var session = Optional.of(Files.createDirectories(inner.resolve("deep")));
    assertThat(Resume.of("ses_1", session, codebase, codebases)).isInstanceOfSatisfying(Resume.Refused.class,
        refused -> assertThat(refused.why()).contains("in the codebase inner", "give the task that codebase"));
    assertThat(Resume.of("ses_1", session, inner, codebases)).isEqualTo(new Resume.GoOn(inner.resolve("deep")));
    assertThat(Resume.of("ses_1", session, temp, codebases)).as("a task of no codebase, in a home around it")
        .isInstanceOf(Resume.Refused.class);
    var link = Files.createSymbolicLink(temp.resolve("named-otherwise"), inner);
    assertThat(Resume.of("ses_1", session, link, codebases)).isInstanceOf(Resume.GoOn.class);
  }

  @Test
  void whereItsFolderIsGoneTheAgentStartsAnewSinceElsewhereItWouldHang() {
    assertThat(begunIn(codebase.resolve("removed"))).isInstanceOfSatisfying(Resume.Anew.class,
        anew -> assertThat(anew.why()).contains("removed", "is not there any more"));
  }

  @Test
  void ofASessionThatNobodyKnowsHereTheAgentIsAsked() {
    assertThat(Resume.of("ses_1", Optional.empty(), codebase, List.of())).isEqualTo(new Resume.GoOn(codebase));
  }

  private Resume begunIn(Path directory) {
    return Resume.of("ses_1", Optional.of(directory), codebase, List.of(new Codebase("code", codebase, "")));
  }
}
