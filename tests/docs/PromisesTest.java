package tests.docs;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tests.Project;

/** What {@code docs/promises.md} names as the proof of a promise is there. */
class PromisesTest {
  private static final Pattern NAMED = Pattern.compile("`(?:[a-z]+\\.)?([A-Z]\\w*Test)`");

  @Test
  void everyTestThatItNamesExists() throws IOException {
    var named = NAMED.matcher(Files.readString(Project.file("docs/promises.md"))).results().map(m -> m.group(1)).collect(Collectors.toSet());
    assertThat(named).hasSizeGreaterThan(20).isSubsetOf(tests());
  }

  private static Set<String> tests() throws IOException {
    try (var files = Files.walk(Project.file("tests"))) {
      return files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith("Test.java")).map(f -> f.substring(0, f.length() - 5))
          .collect(Collectors.toSet());
    }
  }
}
