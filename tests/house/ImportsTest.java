package tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tests.Project;

/** A folder is a job, and imports go one way: whoever reads a folder needs to know only those below it. */
class ImportsTest {
  /** Each folder of lib with those that it may import, as the README draws it. */
  private static final Map<String, Set<String>> BELOW = Map.ofEntries(
      Map.entry("config", Set.of()),
      Map.entry("store", Set.of("config")),
      Map.entry("wire", Set.of("config")),
      Map.entry("agent", Set.of("config", "store", "wire", "outbox")),
      Map.entry("outbox", Set.of("config", "store", "wire")),
      Map.entry("session", Set.of("config", "store", "wire")),
      Map.entry("feed", Set.of("config", "wire")),
      Map.entry("task", Set.of("config", "store", "wire", "outbox", "session", "agent", "feed")),
      Map.entry("control", Set.of("config", "store", "wire", "outbox", "session", "agent", "task")),
      Map.entry("hub", Set.of("config", "store", "wire")),
      Map.entry("cli", Set.of("config", "wire", "store")));
  private static final Pattern IMPORT = Pattern.compile("\\blib\\.([a-z]+)\\.[A-Z]");

  @Test
  void everyFolderImportsOnlyWhatIsBelowIt() {
    var used = new TreeMap<String, Set<String>>();
    for (var file : sources("lib")) {
      var folder = Project.file("lib").relativize(file).getName(0).toString();
      if (!folder.endsWith(".java")) {
        IMPORT.matcher(code(file)).results().map(m -> m.group(1)).filter(to -> !to.equals(folder))
            .forEach(to -> used.computeIfAbsent(folder, k -> new TreeSet<>()).add(to));
      }
    }
    assertThat(used.keySet()).isSubsetOf(BELOW.keySet());
    used.forEach((folder, to) -> assertThat(BELOW.get(folder)).as("lib/" + folder).containsAll(to));
  }

  @Test
  void libKnowsNoCommand() {
    assertThat(sources("lib")).allSatisfy(file -> assertThat(code(file)).doesNotContainPattern("\\bcmd\\.[a-z]+[.(]"));
  }

  @Test
  void importsStandAtTheTopAndTheStandardStreamsAreTakenInMainsOnly() {
    for (var file : Stream.of("lib", "cmd").flatMap(f -> sources(f).stream()).toList()) {
      var text = code(file);
      assertThat(text).as(file.toString()).doesNotContainPattern("(?m)^import .*\\*;");
      text.lines().filter(line -> line.contains("System.out") || line.contains("System.exit"))
          .forEach(line -> assertThat(line).as(file.toString()).contains("System.exit(new "));
    }
  }

  @Test
  void everyFolderSaysWhatItsJobIs() throws IOException {
    try (var folders = Files.list(Project.file("lib"))) {
      for (var folder : folders.filter(Files::isDirectory).toList()) {
        assertThat(folder.resolve("package-info.java")).exists().content().contains("/**");
      }
    }
  }

  private static List<Path> sources(String folder) {
    try (var files = Files.walk(Project.file(folder))) {
      return files.filter(f -> f.toString().endsWith(".java")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without comments, which may speak of anybody. */
  private static String code(Path file) {
    try {
      return Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)//.*$", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
