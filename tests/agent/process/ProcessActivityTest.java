package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import lib.agent.process.ProcessActivity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;

/** What a process does is seen from outside, and waiting is not taken for doing. */
@Timeout(60)
class ProcessActivityTest {
  @TempDir
  Path temp;
  private Process process;

  @BeforeEach
  void needsProc() {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no /proc here");
  }

  @AfterEach
  void end() {
    process.destroyForcibly();
  }

  private ProcessActivity of(String script, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return look();
  }

  private ProcessActivity look() {
    return ProcessActivity.of(Set.of(process.pid()));
  }

  @Test
  void workIsSeen() throws Exception {
    var before = of("while :; do :; done");
    Program.await("a second's worth of it", () -> look().differs(before, Duration.ofSeconds(10)));
  }

  @Test
  void whatChildrenDidThatHaveEndedIsSeen() throws Exception {
    var before = of("while :; do head -c 20000000 /dev/zero; done");
    Program.await("what they read and wrote", () -> look().differs(before, Duration.ofSeconds(100)));
  }

  @Test
  void sleepingIsNoWork() throws Exception {
    var before = of("sleep 60; :");
    Program.await("its child", () -> process.children().findAny().isPresent());
    var start = look();
    assertThat(before.processes()).containsOnlyKeys(process.pid());
    assertThat(start.differs(start, Duration.ofSeconds(5))).isFalse();
    assertThat(look().differs(start, Duration.ofSeconds(5))).isFalse();
  }

  @Test
  void aConnectionToSomebodyElseIsSeen() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash here, which can connect");
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(of("exec bash -c 'exec 3<>\"/dev/tcp/127.0.0.1/$1\"; read -r never <&3' bash \"$1\"",
          Integer.toString(server.getLocalPort())).processes()).isNotEmpty();
      try (var accepted = server.accept()) {
        Program.await("its connection", () -> look().connected());
        assertThat(accepted.isConnected()).isTrue();
        assertThat(look().differs(look(), Duration.ofSeconds(5))).isTrue();
      }
    }
  }

  @Test
  void aConnectionAmongThemselvesIsNone() throws Exception {
    var ready = temp.resolve("ready");
    var program = Files.writeString(temp.resolve("Pair.java"), """
        import java.net.*;
        class Pair {
          public static void main(String[] ready) throws Exception {
            var here = InetAddress.getLoopbackAddress();
            try (var server = new ServerSocket(0, 1, here); var one = new Socket(here, server.getLocalPort());
                var other = server.accept()) {
              java.nio.file.Files.createFile(java.nio.file.Path.of(ready[0]));
              Thread.sleep(60_000);
            }
          }
        }
        """);
    of("exec \"$@\"", Path.of(System.getProperty("java.home"), "bin/java").toString(), program.toString(), ready.toString());
    Program.await("its connection", () -> Files.exists(ready));
    assertThat(look().processes()).isNotEmpty();
    assertThat(look().connected()).isFalse();
  }

  @Test
  void aProcessThatIsGoneIsNoTrouble() throws Exception {
    of("exit 0");
    process.waitFor();
    assertThat(look().processes()).isEmpty();
  }
}
