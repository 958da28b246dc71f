package tests.docs;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tests.Project;

/** {@code docs/architecture.md} names the classes and folders of {@code lib} as they are. */
class ArchitectureTest {
  private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w+)`");
  private static final Pattern FOLDER = Pattern.compile("`(lib/[a-z/]+)`");
  private static final Pattern DRAWN = Pattern.compile("\\b[A-Z][a-z]+[A-Z]\\w+");

  @Test
  void namesOnlyClassesThatExist() throws IOException {
    var named = find(CLASS, page()).filter(name -> !name.endsWith("Test")).collect(Collectors.toSet());
    assertThat(named).hasSizeGreaterThan(20);
    assertThat(classes()).containsAll(named).containsAll(find(DRAWN, drawing()).toList());
  }

  @Test
  void describesEveryFolder() throws IOException {
    var paragraphs = page().substring(page().indexOf("## Folders"), page().indexOf("## Why"));
    var named = find(FOLDER, paragraphs).filter(folder -> paragraphs.contains("`" + folder + "`:")).collect(Collectors.toSet());
    assertThat(named).containsExactlyInAnyOrderElementsOf(folders());
  }

  private static String page() throws IOException {
    return Files.readString(Project.file("docs/architecture.md"));
  }

  private static String drawing() throws IOException {
    return page().split("```")[1];
  }

  private static Stream<String> find(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(m -> m.group(m.groupCount()));
  }

  private static Set<String> classes() throws IOException {
    return sources().stream().map(file -> file.getFileName().toString().replace(".java", "")).collect(Collectors.toSet());
  }

  /** The folders with classes. */
  private static Set<String> folders() throws IOException {
    return sources().stream().map(file -> Project.file("lib").getParent().relativize(file.getParent()).toString()).collect(Collectors.toSet());
  }

  private static Set<Path> sources() throws IOException {
    try (var files = Files.walk(Project.file("lib"))) {
      return files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java")).collect(Collectors.toSet());
    }
  }
}
