package tests.house;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.core.Environment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import tests.Program;
import tests.Project;

/** Each command is a script of its own: it needs lib alone, is listed by worker.java, and fits a narrow terminal. */
class ScriptsTest {
  private static final int WIDTH = 80; // characters: the narrowest terminal that people commonly have

  @TempDir
  private Path folder;

  static List<Path> scripts() throws IOException {
    try (var files = Files.list(Project.file("cmd"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static String name(Path script) {
    return script.getFileName().toString().replace(".java", "");
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void needsLibAlone(Path script) throws IOException {
    assertThat(Files.readString(script)).startsWith("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?\n//SOURCES ../lib/**.java\n")
        .containsOnlyOnce("//SOURCES").doesNotContain("//DEPS").contains("public static void main(String[] args)");
    var javac = ToolProvider.getSystemJavaCompiler();
    var said = new StringWriter();
    try (var files = javac.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      var options = List.of("-d", folder.toString(), "-XDignore.symbol.file", "-proc:none", "-implicit:none");
      var compiled = javac.getTask(said, new WithoutCommands(files), null, options, null, files.getJavaFileObjects(script)).call();
      assertThat(compiled).as(said.toString()).isTrue();
    }
  }

  /** Each command and each one below it, as they are typed. */
  static Stream<String> commands() throws Exception {
    var all = new ArrayList<String>();
    for (var script : scripts()) {
      all.add(name(script));
      new CommandLine(command(name(script))).getSubcommands().keySet().forEach(below -> all.add(name(script) + " " + below));
    }
    return all.stream();
  }

  private static Command command(String name) throws ReflectiveOperationException {
    return (Command) Class.forName("cmd." + name).getConstructor().newInstance();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpFitsTheTerminalAndHasAnExample(String command) throws Exception {
    var out = new ByteArrayOutputStream();
    var print = new PrintStream(out, true, StandardCharsets.UTF_8);
    var io = new CommandIo(InputStream.nullInputStream(), print, print, false, new Environment(Map.of(), folder, folder, "host"));
    var words = (command + " --help").split(" ");
    assertThat(command(words[0]).run(io, Arrays.copyOfRange(words, 1, words.length))).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("Usage: " + command, "\nExample: worker " + command)
        .doesNotContainPattern("(?m)^.{" + (WIDTH + 1) + "}")
        .containsPattern("(?s)--help +print this help\n  -V, --version +print the version\n(\n|Commands)");
  }

  @Test
  void workerListsThemAll() throws Exception {
    try (var help = Program.start(folder, "--help")) {
      assertThat(help.exit()).isZero();
      var lines = help.out().lines().toList();
      assertThat(lines).allMatch(line -> line.length() <= WIDTH);
      assertThat(scripts()).isNotEmpty().allSatisfy(script -> assertThat(lines).anyMatch(line -> line.strip().startsWith(name(script) + " ")));
    }
  }

  /** The tests' own classes, without those of the commands. */
  private static final class WithoutCommands extends ForwardingJavaFileManager<StandardJavaFileManager> {
    private WithoutCommands(StandardJavaFileManager files) {
      super(files);
    }

    @Override
    public Iterable<JavaFileObject> list(JavaFileManager.Location location, String folder, Set<JavaFileObject.Kind> kinds, boolean below)
        throws IOException {
      return Stream.of("cmd", "").anyMatch(folder::equals) ? List.of() : super.list(location, folder, kinds, below);
    }
  }
}
