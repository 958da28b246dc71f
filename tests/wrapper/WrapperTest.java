package tests.wrapper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.Project;

/** The wrapper hands everything through to the program, wherever it lies and however many start it at once. */
class WrapperTest {
  private static final String SCRIPT = """
      ///usr/bin/env jbang "$0" "$@" ; exit $?
      //JAVA 25+
      public class say {
        public static void main(String[] args) throws Exception {
          for (var arg : args) {
            System.out.println("[" + arg + "]");
          }
          if (args.length > 0 && args[0].equals("stdin")) {
            System.in.transferTo(System.out);
          }
          if (args.length > 0 && args[0].equals("wait")) {
            System.out.println("pid " + ProcessHandle.current().pid());
            Thread.sleep(60_000);
          }
          System.exit(args.length > 0 && args[0].equals("exit") ? Integer.parseInt(args[1]) : 0);
        }
      }
      """;
  private static final long PATIENCE_SECONDS = 120; // a cold start builds, beside other tests

  @TempDir
  Path temp;
  private Path folder;

  @BeforeEach
  void aProjectInAPathWithSpaces() throws IOException {
    folder = Files.createDirectories(temp.toRealPath().resolve("a path with $paces"));
    Files.copy(Project.file("jbang"), folder.resolve("jbang"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(folder.resolve("say.java"), SCRIPT);
  }

  private record Ran(int exit, String out, String err) {}

  private Process start(Path directory, Map<String, String> variables, String... command) throws IOException {
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(Program.environment(temp, variables));
    return builder.start();
  }

  private Ran run(Process process, String stdin) throws Exception {
    try {
      process.getOutputStream().write(stdin.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      var err = new ArrayList<byte[]>();
      var reader = Thread.ofVirtual().start(() -> {
        try {
          err.add(process.getErrorStream().readAllBytes());
        } catch (IOException e) {
          err.add(e.toString().getBytes(StandardCharsets.UTF_8));
        }
      });
      var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      reader.join();
      return new Ran(process.exitValue(), out, new String(err.getFirst(), StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }

  private Ran say(String stdin, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(folder.resolve("jbang").toString(), folder.resolve("say.java").toString()));
    command.addAll(List.of(arguments));
    return run(start(temp, Map.of(), command.toArray(String[]::new)), stdin);
  }

  @Test
  void argumentsStdinAndExitCodesPassThrough() throws Exception {
    var odd = new String[] {"two words", "", "$HOME", "`id`", "a\"b'c\\", "-x", "--", "ü\nline", "*"};
    var ran = say("", odd);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo(String.join("", List.of(odd).stream().map(a -> "[" + a + "]\n").toList()));
    assertThat(say("what came in\nand no end", "stdin").out()).isEqualTo("[stdin]\nwhat came in\nand no end");
    assertThat(say("", "exit", "75").exit()).isEqualTo(75);
    assertThat(say("", "exit", "255").exit()).isEqualTo(255);
  }

  @Test
  void theWrapperBecomesTheProgramSoSignalsReachIt() throws Exception {
    say("");
    var process = start(folder, Map.of(), "./jbang", "say.java", "wait");
    try (var out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("[wait]");
      assertThat(out.readLine()).isEqualTo("pid " + process.pid());
      process.destroy();
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void twoStartsAtOnceOnAColdCacheBothWork() throws Exception {
    var cold = Map.of("JBANG_DIR", temp.resolve("jbang-dir").toString(), "A2A_CACHE_DIR", temp.resolve("cache").toString());
    var first = start(folder, cold, "./jbang", "say.java", "first");
    var second = start(folder, cold, "./jbang", "say.java", "second");
    var one = run(first, "");
    var two = run(second, "");
    assertThat(one.out()).as(one.err()).isEqualTo("[first]\n");
    assertThat(two.out()).as(two.err()).isEqualTo("[second]\n");
  }

  @Test
  void aScriptThatDoesNotCompileSaysSoAndFails() throws Exception {
    Files.writeString(folder.resolve("say.java"), "class say { no java }");
    var ran = say("");
    assertThat(ran.exit()).isNotZero();
    assertThat(ran.err()).contains("error:");
  }

  @Test
  void withoutAJdkTheMessageNamesThePackageToInstall() throws Exception {
    // as on a machine that has none: a version that nobody has, and a PATH without java
    var wrapper = folder.resolve("jbang");
    Files.writeString(wrapper, Files.readString(wrapper).replaceFirst("jdk_oldest=25", "jdk_oldest=99"));
    var bin = Files.createDirectories(temp.resolve("bin"));
    for (var tool : List.of("bash", "env", "readlink", "mkdir", "dirname")) {
      Files.copy(Path.of("/usr/bin").resolve(tool).toRealPath(), bin.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
    }
    var ran = run(start(folder, Map.of("PATH", bin.toString()), "/bin/bash", "./jbang", "say.java"), "");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("no Java was found", "fix: install a JDK", "openjdk-").doesNotContain("command not found");
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNamed() throws Exception {
    var blocked = Files.createFile(temp.resolve("a-file"));
    var ran = run(start(folder, Map.of("A2A_CACHE_DIR", blocked.resolve("cache").toString()), "./jbang", "say.java"), "");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("cannot write to " + blocked, "A2A_CACHE_DIR");
  }

  @Test
  void everyCommandRunsOnItsOwnFromAnyFolder() throws Exception {
    var jbang = Project.file("jbang").toString();
    try (var commands = Files.list(Project.file("cmd"))) {
      for (var command : commands.filter(f -> f.toString().endsWith(".java")).toList()) {
        var name = command.getFileName().toString().replace(".java", "");
        var ran = run(start(temp, Map.of(), jbang, command.toString(), "--help"), "");
        assertThat(ran.exit()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("Usage: ").contains(name);
        assertThat(ran.out().lines()).allMatch(line -> line.length() <= 80);
        var wrong = run(start(temp, Map.of(), jbang, command.toString(), "--no-such-option"), "");
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.err()).contains("--no-such-option").doesNotContain("\tat ");
        var all = run(start(temp, Map.of(), jbang, Project.file("worker.java").toString(), "--help"), "");
        assertThat(all.out().lines()).anyMatch(line -> line.strip().startsWith(name + " ")).allMatch(line -> line.length() <= 80);
      }
    }
  }
}
