package tests.docs;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tests.Heavy;
import tests.Program;
import tests.Project;

/** The README's commands, run in their order in a fresh home, print what the README says. They run in the once-built jar. */
@Heavy
class ReadmeTest {
  /** A command and what the README shows of its output; null where it leaves that out. */
  private record Step(String command, String output) {}

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void theCommandsPrintWhatItShows(@TempDir Path folder) throws Exception {
    var home = folder.toRealPath();
    var java = String.join(" ", Program.java("\"$main\"").stream().map(word -> word.contains("$") ? word : "'" + word + "'").toList());
    executable(home.resolve("project/jbang"), "#!/bin/sh\nmain=${1%.java}; shift; exec " + java + " \"$@\"\n");
    executable(home.resolve("bin/opencode"), Files.readString(Project.file("tests/docs/opencode.sh")));
    var steps = steps();
    assertThat(steps).hasSizeGreaterThan(10);
    var builder = new ProcessBuilder("bash").directory(home.resolve("project").toFile()).redirectErrorStream(true);
    builder.environment().clear();
    // a free port instead of 8787, which another program of this machine may have
    builder.environment().putAll(Program.environment(home, Map.of("A2A_PORT", "0")));
    var shell = builder.start();
    // closed in the order from last to first: a shell whose input ends leaves what it started to nobody
    try (var out = shell.inputReader(); var in = shell.outputWriter(); AutoCloseable end = () -> end(shell)) {
      in.write("set -m; exec 2>&1\n");
      var port = "8080";
      for (var step : steps) {
        in.write(step.command.replace("127.0.0.1:8080", "127.0.0.1:" + port).replace("--port 8080", "--port 0")
            + "\nwait_code=$?; echo \"--- $wait_code\"\n");
        in.flush();
        var printed = read(out);
        if (step.command.endsWith("&")) {
          var log = Pattern.compile(">(\\S+\\.log)").matcher(step.command).results().findFirst().orElseThrow().group(1);
          var text = awaitStart(home.resolve("project").resolve(log));
          port = step.command.contains(" serve ") ? text.replaceFirst("(?s).*http://127.0.0.1:(\\d+).*", "$1") : port;
        } else if (step.output != null) {
          assertThat(normal(printed, home)).as(step.command).isEqualTo(normal(step.output, home) + "--- 0\n");
        }
      }
      assertThat(Files.readString(home.resolve("project/worker.log"))).as("the server outlives the worker")
          .containsPattern("INFO unregistered worker=\\S+").doesNotContain("WARN", "ERROR");
      in.write("jobs -p | xargs -r kill; wait; exit\n");
      in.flush();
      assertThat(shell.waitFor(30, TimeUnit.SECONDS)).as("all of it ends").isTrue();
    }
  }

  private static void end(Process shell) {
    shell.descendants().forEach(ProcessHandle::destroy);
    shell.destroy();
  }

  private static String read(BufferedReader out) throws IOException {
    var text = new StringBuilder();
    for (var line = out.readLine(); ; line = out.readLine()) {
      if (line == null) {
        throw new AssertionError("the shell ended\n" + text);
      }
      if (!line.matches("\\[\\d+\\].*")) { // the shell's word on background jobs
        text.append(line).append('\n');
      }
      if (line.startsWith("--- ")) {
        return text.toString();
      }
    }
  }

  private static String awaitStart(Path log) throws Exception {
    Program.await("the start in " + log, () -> Files.exists(log)
        && Files.readString(log).matches("(?s).*(stream open|server on http).*"));
    return Files.readString(log);
  }

  /** Without what differs from run to run: ids, ports, times, the home folder, the host's name. */
  private static String normal(String text, Path home) {
    return text.replace("/home/you", home.toString()).replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "TASK")
        .replaceAll("\\b[0-9a-f]{8}-[0-9a-f]{3}\\b", "WORKER").replaceAll("\\b[0-9a-f]{8}\\b", "CODEBASE")
        .replaceAll("127\\.0\\.0\\.1:\\d+", "HOST").replaceAll("after [0-9.]+ s", "after N s")
        .replaceAll("(of worker|registered as) \\S+", "$1 NAME").replaceAll("(for|contact|synced)( \\d+ (h|min|s)\\b)+", "$1 N s")
        .replaceAll("[-0-9]{10}T[:.0-9]{8,12}Z", "TIME").replaceAll("(process|Java|paused by|worker\t) ?\\S+", "$1 X");
  }

  private static List<Step> steps() throws IOException {
    var steps = new ArrayList<Step>();
    for (var block : Pattern.compile("(?s)```console\n(.*?)```").matcher(Files.readString(Project.file("README.md"))).results().toList()) {
      for (var part : block.group(1).split("(?m)^\\$ ")) {
        if (!part.isBlank() && !part.startsWith("./jbang tests/all.java")) { // which is what runs this
          var end = part.indexOf('\n');
          var output = part.substring(end + 1);
          steps.add(new Step(part.substring(0, end), output));
        }
      }
    }
    return steps;
  }

  private static void executable(Path file, String script) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, script);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
