package tests.house;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tests.Project;

/** A folder is a job, and imports go one way: a reader of a folder needs to know only those above it. */
class ImportsTest {
  /** The folders of lib in their order: each imports only those above it. A folder stands below the folders that it holds. */
  private static final List<String> ORDER = List.of("core/os", "core", "config", "store", "protocol", "client/http", "client", "redaction", "session",
      "session/files", "session/opencode", "session/jsonl", "session/codetether", "session/sync", "agent/adapter", "agent/acp", "agent/process", "agent/output",
      "agent", "journal", "outbox", "feed", "worker/context", "worker/admission",
      "worker/presence", "worker/attempt", "worker/recovery", "worker", "control", "server/http", "server/rules", "server/db", "server/worker",
      "server/task", "server/session", "server/api", "server", "cli/output", "cli",
      "cli/tasks", "cli/sessions", "cli/ctl", "cli/outbox", "cli/server", "cli/config");
  /**
   * The worker's half and the server's know each other only through what stands above both. A command talks to them from outside;
   * {@code config} alone asks both which values they would use.
   */
  private static final Map<String, List<String>> HALVES = Map.of("server", List.of("redaction", "session", "agent", "journal",
      "outbox", "feed", "worker", "control"), "cli", List.of("agent", "outbox", "feed", "worker", "server"));
  private static final Pattern IMPORT = Pattern.compile("\\blib\\.([a-z.]+)\\.[A-Z]");

  @Test
  void importsOnlyFoldersThatStandAbove() {
    for (var file : sources("lib")) {
      var folder = Project.file("lib").relativize(file.getParent()).toString();
      if (!folder.isEmpty()) {
        assertThat(ORDER).contains(folder);
        IMPORT.matcher(code(file)).results().map(m -> m.group(1).replace('.', '/')).filter(to -> !to.equals(folder)).forEach(to ->
            assertThat(ORDER.indexOf(to)).as("%s imports lib/%s", file, to).isBetween(0, ORDER.indexOf(folder) - 1));
      }
    }
  }

  @Test
  void halvesDoNotKnowEachOther() {
    HALVES.forEach((half, others) -> sources("lib/" + half).stream().filter(file -> !file.startsWith(Project.file("lib/cli/config")))
        .forEach(file -> IMPORT.matcher(code(file)).results().map(m -> m.group(1).split("\\.")[0])
            .forEach(to -> assertThat(others).as("%s", file).doesNotContain(to))));
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
  void everyFolderStatesItsJob() throws IOException {
    try (var folders = Files.walk(Project.file("lib"))) {
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
