package tests.wrapper;

import module java.base;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
      //RUNTIME_OPTIONS -XX:+UseSerialGC
      //JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1
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
          if (args.length > 0 && args[0].equals("about")) {
            System.out.println(System.getenv("HOME") + " is " + System.getProperty("user.home"));
            for (var collector : java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()) {
              System.out.println(collector.getName());
            }
          }
          System.exit(args.length > 0 && args[0].equals("exit") ? Integer.parseInt(args[1]) : 0);
        }
      }
      """;
  private static final long PATIENCE_SECONDS = 120; // a cold start builds, beside other tests

  @TempDir
  static Path shared; // caches that all tests but those of a cold start use
  @TempDir
  Path temp;
  private static Path project; // built once
  private Path folder;

  @BeforeEach
  void useIt() throws Exception {
    if (project == null) {
      project = project(shared);
      folder = project;
      says(Map.of());
    }
    folder = project;
  }

  /** A project in a path with spaces. */
  private static Path project(Path parent) throws IOException {
    var folder = Files.createDirectories(parent.toRealPath().resolve("a path with $paces and ünïcode"));
    Files.copy(Project.file("jbang"), folder.resolve("jbang"), COPY_ATTRIBUTES);
    Files.writeString(folder.resolve("say.java"), SCRIPT);
    return folder;
  }

  private record Ran(int exit, String out, String err) {}

  private Process start(Path directory, Map<String, String> variables, String... command) throws IOException {
    var all = new HashMap<>(Map.of("JBANG_DIR", shared.resolve("jbang").toString(), "A2A_CACHE_DIR", shared.resolve("own").toString()));
    all.putAll(variables);
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(Program.environment(temp, all));
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

  /** Says "a" with these variables, and must succeed. */
  private Ran says(Map<String, String> variables) throws Exception {
    return succeeds(run(start(folder, variables, "./jbang", "say.java", "a"), ""));
  }

  private static Ran succeeds(Ran ran) {
    assertThat(ran.out()).as(ran.err()).isEqualTo("[a]\n");
    assertThat(ran.exit()).isZero();
    return ran;
  }

  /** Our own cache in this folder, with the pinned jar in it. */
  private static Path ownCache(Path parent) throws Exception {
    var cache = Files.createDirectories(parent.resolve("own"));
    var jar = only(shared.resolve("own"), "*.jar");
    Files.copy(jar, cache.resolve(jar.getFileName()), COPY_ATTRIBUTES);
    return cache;
  }

  /** Makes the next start ask JBang again. */
  private static void forget(Path cache) throws IOException {
    try (var files = Files.newDirectoryStream(cache, "start-*")) {
      for (var file : files) {
        Files.delete(file);
      }
    }
  }

  /** A PATH whose Maven takes the pinned jar from the shared cache. */
  private String fetchingPath() throws Exception {
    var jar = only(shared.resolve("own"), "*.jar");
    executable(temp.resolve("maven/mvn"), "for word; do case $word in -DoutputDirectory=*) to=${word#*=} ;; esac; done",
        "mkdir -p \"$to\" && cp '" + jar + "' \"$to/" + jar.getFileName().toString().replace("jbang-", "jbang-cli-").replace(".jar", "-all.jar") + "\"");
    return temp.resolve("maven") + ":" + System.getenv("PATH");
  }

  private static Path only(Path cache, String glob) throws IOException {
    try (var files = Files.newDirectoryStream(cache, glob)) {
      var found = new ArrayList<Path>();
      files.forEach(found::add);
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }

  /** A folder for the PATH that has these tools of the machine, and nothing else. */
  private Path bin(String... tools) throws IOException {
    var bin = Files.createDirectories(temp.resolve("bin"));
    for (var tool : tools) {
      Files.copy(tool(tool).orElseThrow().toRealPath(), bin.resolve(tool), COPY_ATTRIBUTES);
    }
    return bin;
  }

  private static Optional<Path> tool(String name) {
    return Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst();
  }

  private static void executable(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void argumentsStdinAndExitCodesPassThrough() throws Exception {
    var odd = new String[] {"stdin", "two words", "", "$HOME", "`id`", "a\"b'c\\", "-x", "--", "ü\nline", "*"};
    var ran = say("what came in\nand no end", odd);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo(String.join("", List.of(odd).stream().map(a -> "[" + a + "]\n").toList()) + "what came in\nand no end");
    var ended = run(start(folder, Map.of(), "sh", "./jbang", "say.java", "exit", "255"), ""); // with which JBang says: run this
    assertThat(ended.exit()).as(ended.err()).isEqualTo(255);
    assertThat(ended.out()).isEqualTo("[exit]\n[255]\n");
  }

  @Test
  void theWrapperBecomesTheProgramSoSignalsReachIt() throws Exception {
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
  void jBangIsAskedAgainWhenASourceOrAJarIsNotWhatItWas() throws Exception {
    folder = project(temp);
    var own = Map.of("A2A_CACHE_DIR", ownCache(temp).toString());
    says(own);
    var jar = only(temp.resolve("own"), "jbang-*.jar");
    var away = Files.move(jar, temp.resolve("jbang.jar")); // a start that asks JBang fails now
    says(own);
    Files.move(away, jar);
    var script = folder.resolve("say.java");
    var time = Files.getLastModifiedTime(script);
    Files.writeString(script, SCRIPT.replace("\"[\"", "\"<\""));
    Files.setLastModifiedTime(script, FileTime.fromMillis(time.toMillis() - 60_000)); // as by cp -p
    assertThat(run(start(folder, own, "./jbang", "say.java", "a"), "").out()).isEqualTo("<a]\n");
    try (var built = Files.walk(shared.resolve("jbang/cache/jars"))) {
      for (var file : built.filter(f -> f.endsWith("say.jar")).toList()) {
        Files.delete(file);
      }
    }
    assertThat(run(start(folder, own, "./jbang", "say.java", "a"), "").out()).isEqualTo("<a]\n");
  }

  @Test
  void twoStartsAtOnceOnAColdCacheBothWork() throws Exception {
    var processes = new ArrayList<Process>();
    for (var name : new String[] {"first", "second"}) {
      var cold = Map.of("JBANG_DIR", temp.resolve("dir").toString(), "A2A_CACHE_DIR", temp.resolve(name).toString(), "PATH", fetchingPath());
      processes.add(start(folder, cold, "./jbang", "say.java", name));
    }
    var one = run(processes.getFirst(), "");
    var two = run(processes.getLast(), "");
    assertThat(one.out()).as(one.err()).isEqualTo("[first]\n");
    assertThat(two.out()).as(two.err()).isEqualTo("[second]\n");
  }

  @Test
  void aStartSaysThatItWaitsForAnother() throws Exception {
    waitsForAnother(Map.of());
  }

  @Test
  void aStartWaitsForAnotherWhereThereIsNoFlock() throws Exception {
    assumeTrue(tool("perl").isPresent(), "no perl here");
    var bin = bin("bash", "env", "readlink", "mkdir", "dirname", "ls", "cksum", "perl", "sleep", "rm", "mv");
    waitsForAnother(Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", bin.toString()));
  }

  private void waitsForAnother(Map<String, String> variables) throws Exception {
    forget(shared.resolve("own"));
    var lock = shared.resolve("jbang/cache/wrapper.lock").toString();
    var holder = start(temp, Map.of(), "flock", lock, "sh", "-c", "echo held; exec cat");
    var process = start(folder, variables, "./jbang", "say.java", "a");
    try (var held = holder.inputReader(); var err = process.errorReader(); var out = process.inputReader()) {
      assertThat(held.readLine()).isEqualTo("held");
      assertThat(err.readLine()).contains("waiting for another start");
      holder.destroy();
      assertThat(out.readLine()).isEqualTo("[a]");
    } finally {
      holder.descendants().forEach(ProcessHandle::destroy);
      holder.destroy();
      process.destroy();
    }
  }

  @Test
  void theArchiveOfJBangsClassesFollowsTheJar() throws Exception {
    var cache = ownCache(temp);
    var own = Map.of("A2A_CACHE_DIR", cache.toString());
    says(own);
    var first = only(cache, "*.jsa*");
    var jar = only(cache, "*.jar");
    Files.setLastModifiedTime(jar, FileTime.fromMillis(Files.getLastModifiedTime(jar).toMillis() - 60_000)); // as by touch
    forget(cache);
    says(own);
    var second = only(cache, "*.jsa*");
    assertThat(second).isNotEqualTo(first);
    Files.write(second, new byte[0]); // as a disk that was full leaves it
    forget(cache);
    says(own);
    assertThat(only(cache, "*.jsa*")).isEqualTo(second).isNotEmptyFile();
    // an installation as Homebrew makes it: the script in bin, what it runs in libexec
    executable(temp.resolve("brew/bin/jbang"), "exit 1");
    var installed = Files.createDirectories(temp.resolve("brew/libexec/bin")).resolve("jbang.jar");
    Files.move(jar, installed);
    forget(cache);
    says(Map.of("A2A_CACHE_DIR", cache.toString(), "PATH", temp.resolve("brew/bin") + ":" + System.getenv("PATH")));
    assertThat(only(cache, "*.jsa*")).isNotEqualTo(second);
    assertThat(jar).doesNotExist();
  }

  @Test
  void anArchiveThatCannotBeWrittenKeepsNobodyFromStarting() throws Exception {
    var own = Map.of("A2A_CACHE_DIR", ownCache(temp).toString());
    // no file may get larger than 1 MiB, which is how a full disk looks to the JVM
    succeeds(run(start(folder, own, "bash", "-c", "ulimit -f 1024; exec ./jbang say.java a"), ""));
  }

  @Test
  void fetchesADamagedJarAgain() throws Exception {
    var cache = ownCache(temp);
    var jar = only(cache, "*.jar");
    var whole = Files.readAllBytes(jar);
    Files.write(jar, Arrays.copyOf(whole, whole.length / 2));
    assertThat(says(Map.of("A2A_CACHE_DIR", cache.toString(), "PATH", fetchingPath())).err()).contains(jar + " is damaged");
    assertThat(jar).hasBinaryContent(whole);
  }

  @Test
  void warmCachesMayBeReadOnly() throws Exception {
    var command = new ArrayList<>(List.of("./jbang", "say.java", "a"));
    if (System.getProperty("user.name").equals("root")) { // may write everywhere, unless it gives that up
      assumeTrue(tool("setpriv").isPresent(), "root, and no setpriv here");
      command.addAll(0, List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"));
    }
    chmod("a-w");
    try {
      succeeds(run(start(folder, Map.of(), command.toArray(String[]::new)), ""));
    } finally {
      chmod("u+w");
    }
  }

  private void chmod(String mode) throws Exception {
    run(start(temp, Map.of(), "chmod", "-R", mode, shared.resolve("own").toString(), shared.resolve("jbang").toString()), "");
  }

  @Test
  void takesTheUsersOwnHomeWhenHomeIsNotSet() throws Exception {
    var ran = run(start(folder, Map.of("HOME", ""), "./jbang", "say.java", "about"), "");
    assertThat(ran.out()).as(ran.err()).contains(System.getProperty("user.home") + " is " + System.getProperty("user.home"),
        "MarkSweepCompact");
  }

  @Test
  void whatIsNotAsciiSurvivesAnyLocale() throws Exception {
    for (var locale : List.of(Map.of("LC_ALL", "C"), Map.of("LANG", "xx_XX.UTF-8"))) {
      var ran = run(start(folder, locale, folder.resolve("jbang").toString(), folder.resolve("say.java").toString(), "ü€"), "");
      assertThat(ran.out()).as(locale + ran.err()).isEqualTo("[ü€]\n");
      assertThat(ran.err()).isEmpty();
    }
  }

  @Test
  void anotherGarbageCollectorIsTheUsersChoice() throws Exception {
    var ran = run(start(folder, Map.of("JAVA_TOOL_OPTIONS", "-Dx=y -XX:+UseParallelGC"), "./jbang", "say.java", "about"), "");
    assertThat(ran.out()).as(ran.err()).contains("PS MarkSweep");
    assertThat(ran.exit()).isZero();
  }

  @Test
  void jbangsOwnOptionsCountAndItsLogIsNotTakenForACommand() throws Exception {
    var ran = says(Map.of("JBANG_JAVA_OPTIONS", "-Dx=y -showversion"));
    assertThat(ran.err()).containsIgnoringCase("version");
    var logs = run(start(folder, Map.of("JBANG_JAVA_OPTIONS", "-Xlog:gc*"), "./jbang", "say.java", "a"), "");
    assertThat(logs.exit()).isEqualTo(1);
    assertThat(logs.err()).contains("problem: JBang printed no command", "JBANG_JAVA_OPTIONS").doesNotContain("not found");
  }

  @Test
  void aScriptThatDoesNotCompileSaysSoAndFails() throws Exception {
    folder = project(temp);
    Files.writeString(folder.resolve("say.java"), "class say { no java }");
    var ran = say("");
    assertThat(ran.exit()).isNotZero();
    assertThat(ran.err()).contains("error:");
  }

  /** As on a machine without a JDK: wanted is a version that nobody has, and the PATH has these tools only. */
  private Ran withoutAJdk(Path bin, Path javaHome) throws Exception {
    var wrapper = folder.resolve("jbang");
    Files.writeString(wrapper, Files.readString(wrapper).replaceFirst("jdk_oldest=25", "jdk_oldest=99"));
    var cold = Map.of("PATH", bin.toString(), "JAVA_HOME", javaHome.toString(), "JBANG_DIR", "", "A2A_CACHE_DIR", "");
    var ran = run(start(folder, cold, "/bin/bash", "./jbang", "say.java"), "");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("fix: install a JDK", "openjdk-").doesNotContain("command not found");
    return ran;
  }

  @Test
  void withoutAJdkTheMessageNamesThePackageToInstall() throws Exception {
    folder = project(temp);
    var bin = bin("bash", "env", "readlink", "mkdir", "dirname", "rm", "sed", "head");
    assertThat(withoutAJdk(bin, temp).err()).contains("no JDK 99 or newer was found, and no other Java");
    // with an older Java, but no JBang that could fetch a JDK, nor anything to get JBang with
    executable(bin.resolve("java"), "exit 1");
    assertThat(withoutAJdk(bin, temp).err()).contains(bin.resolve("java") + " is too old", "no mvn", "install Maven");
    executable(bin.resolve("mvn"), "echo '[ERROR] repo.example: Unknown host'; exit 1");
    assertThat(withoutAJdk(bin, temp).err()).contains(" is too old", "Unknown host");
    var jre = temp.resolve("jre-99");
    executable(jre.resolve("bin/java"), "exit 1");
    Files.writeString(jre.resolve("release"), "IMPLEMENTOR=\"N.N.\"\nJAVA_VERSION=\"99.0.1\"\n");
    assertThat(withoutAJdk(bin, jre).err()).contains(jre + " is a JRE: it has no javac").doesNotContain("too old");
  }

  @Test
  void printsMavensReasonWhenMavenFails() throws Exception {
    var bin = temp.resolve("bin");
    executable(bin.resolve("mvn"), "printf '\\033[0m[WARNING] a word\\n\\033[1;31m[ERROR]\\033[m the copy: No space left on device\\n"
        + "[ERROR] \\n[ERROR] To see the full stack trace, re-run\\n'", "exit 1");
    var cold = Map.of("PATH", bin + ":" + System.getenv("PATH"), "A2A_CACHE_DIR", temp.resolve("own").toString());
    var ran = run(start(folder, cold, "./jbang", "say.java"), "");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("why: mvn said: [ERROR] the copy: No space left on device\n")
        .doesNotContain("re-run", "a word", "network", "\033");
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNamed() throws Exception {
    var blocked = Files.createFile(temp.resolve("a-file"));
    var ran = run(start(folder, Map.of("A2A_CACHE_DIR", blocked.resolve("cache").toString()), "./jbang", "say.java"), "");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("cannot write to " + blocked, "A2A_CACHE_DIR");
    var cold = run(start(folder, Map.of("JBANG_DIR", blocked.toString()), "./jbang", "say.java"), "");
    assertThat(cold.exit()).isNotZero();
    assertThat(cold.err()).contains("cannot write to " + blocked, "JBANG_DIR");
    var homeless = Map.of("A2A_CACHE_DIR", "", "JBANG_DIR", "", "HOME", blocked.toString());
    assertThat(run(start(folder, homeless, "./jbang", "say.java"), "").err()).contains("cannot write to " + blocked, "fix: set HOME");
  }

  @Test
  void aScriptThatIsReachedThroughALinkFindsItsSources() throws Exception {
    folder = project(temp);
    Files.writeString(Files.createDirectory(folder.resolve("part")).resolve("Part.java"), "package part; public class Part { public static String text = \"[a]\"; }");
    var whole = Files.writeString(folder.resolve("whole.java"), "//SOURCES part/**.java\npublic class whole { public static void main(String[] a) { "
        + "System.out.println(part.Part.text); } }");
    var link = Files.createSymbolicLink(temp.resolve("linked.java"), whole);
    succeeds(run(start(temp, Map.of(), folder.resolve("jbang").toString(), link.toString()), ""));
  }

  @Test
  void aFolderForTemporaryFilesMayBeReadOnly() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root") && tool("unshare").isPresent(), "only root may mount here");
    var elsewhere = Files.createTempDirectory(Path.of("/var/tmp"), "wrapper"); // what the test has in /tmp would be hidden
    try {
      Files.copy(folder.resolve("jbang"), elsewhere.resolve("jbang"), COPY_ATTRIBUTES);
      Files.writeString(elsewhere.resolve("say.java"), SCRIPT);
      var caches = Map.of("HOME", elsewhere.toString(), "JBANG_DIR", elsewhere.resolve("dir").toString(), "A2A_CACHE_DIR", elsewhere.resolve("own").toString());
      ownCache(elsewhere);
      succeeds(run(start(elsewhere, caches, "unshare", "-m", "sh", "-c", "mount -t tmpfs -o ro none /tmp && exec ./jbang say.java a"), ""));
    } finally {
      try (var files = Files.walk(elsewhere)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
