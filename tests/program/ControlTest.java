package tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lib.core.Json;
import lib.wire.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer;
import tests.fake.FakeServer.Version;

/** The running worker tells what it does and can be driven, and nobody who asks can hold it up. */
class ControlTest extends OnSite {
  private Path stateDir;

  @BeforeEach
  void open() throws Exception {
    stateDir = site.home().resolve(".local/state/a2a-worker/w");
    site.serve();
  }

  private Program ran(String... arguments) throws Exception {
    var program = site.start(arguments);
    assertThat(program.exit()).as(program.toString()).isZero();
    return program;
  }

  private JsonNode json(String... arguments) throws Exception {
    return Json.read(ran(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new)).out());
  }

  /** A client that speaks to the socket itself. */
  private final class Raw implements AutoCloseable {
    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    private final BufferedReader lines;

    private Raw() throws Exception {
      channel.connect(UnixDomainSocketAddress.of(stateDir.resolve("control.sock")));
      lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    private void say(String line) throws Exception {
      channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    private JsonNode ask(String line) throws Exception {
      say(line);
      return Json.read(lines.readLine());
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }
  }

  @Test
  void statusTellsWhatRunsWhatWaitsAndHowTheServerIs() throws Exception {
    site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    var waiting = site.create(code, "talk later");
    Program.await("it to be seen", () -> json("status").path("waiting_count").asInt() == 1);
    var now = json("status");
    assertThat(now.path("worker").path("name").asText()).isEqualTo("w");
    assertThat(now.path("state").asText()).isEqualTo("running");
    assertThat(now.path("running").get(0).path("task_id").asText()).isEqualTo(running);
    assertThat(now.path("running").get(0).path("directory").asText()).isEqualTo(code.toString());
    assertThat(now.path("waiting").get(0).path("task_id").asText()).isEqualTo(waiting);
    assertThat(now.path("waiting").get(0).path("why").asText()).contains("another task works in " + code);
    assertThat(now.path("feeds").path("stream").path("up").asBoolean()).isTrue();
    assertThat(now.path("server").path("last_contact_seconds").asInt()).isLessThan(60);
    assertThat(now.path("versions").path("worker").asText()).isNotEmpty();
    Program.await("the agent's version", () -> json("status").path("versions").path("agent").asText().equals("9.9.9-made"));
    assertThat(ran("status").out()).contains(running, waiting, "1 of 2 taken", "stream\tup");
  }

  @Test
  void withoutAWorkerStatusEndsWith3() throws Exception {
    var none = site.start("status");
    assertThat(none.exit()).isEqualTo(3);
    assertThat(none.err()).contains("no worker runs here");
    var named = site.start("status", "--name", "w");
    assertThat(named.exit()).isEqualTo(3);
    assertThat(named.err()).contains("no worker answers in " + stateDir);
  }

  @Test
  void aWorkerWhoseServerHasNotAnsweredYetSaysSo() throws Exception {
    var nowhere = "http://127.0.0.1:9"; // the discard port, where nobody listens
    var worker = site.start("run", "--server", nowhere, "--name", "w", "-b", "code:" + code);
    worker.awaitErr("asking " + nowhere + " failed");
    var now = json("status");
    assertThat(now.path("state").asText()).isEqualTo("connecting");
    assertThat(now.path("problems").get(0).asText()).contains(nowhere);
    assertThat(ran("status").out()).contains("connecting", "no task\tserver: the server has not answered yet");
    var pause = site.start("ctl", "pause");
    assertThat(pause.exit()).isEqualTo(75);
    worker.signal("HUP");
    worker.awaitErr("config not reloaded: the server has not answered yet");
    ran("ctl", "drain");
    assertThat(worker.exit()).isEqualTo(130);
  }

  @Test
  void ofSeveralWorkersOneMustBeNamed() throws Exception {
    site.work("-b", "code:" + code);
    var second = site.start("run", "--server", site.url().toString(), "--name", "v", "--agent-bin", Site.agent());
    second.awaitErr("stream open");
    var which = site.start("status");
    assertThat(which.exit()).isEqualTo(1);
    assertThat(which.err()).contains("v, w", "--name");
    assertThat(json("status", "--name", "v").path("worker").path("name").asText()).isEqualTo("v");
  }

  @Test
  void aPausedWorkerTakesNothingUntilItIsResumed() throws Exception {
    site.work("-b", "code:" + code);
    ran("ctl", "pause", "--reason", "lunch");
    var task = site.create(code, "talk hello");
    Program.await("it to be seen", () -> json("status").path("waiting_count").asInt() == 1);
    assertThat(json("tasks", "why", task).path("before").path("reason").asText()).contains("pause", "on this machine", "lunch");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.PENDING);
    ran("ctl", "resume");
    assertThat(site.ended(task).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void whyTellsEachRulesAnswerAlsoOfATaskNeverSeen() throws Exception {
    site.work("-b", "code:" + code);
    var elsewhere = site.client().create(new lib.wire.NewTask(null, "t", "p", "build", 0, null, null)).id();
    site.client().cancel(elsewhere, "not wanted");
    var why = json("tasks", "why", elsewhere);
    assertThat(why.path("now").path("say").asText()).isEqualTo("no");
    var rules = why.path("now").path("rules").valueStream().map(r -> r.path("rule").asText()).toList();
    assertThat(rules).contains("status", "target worker", "capabilities", "codebase", "roots", "lane", "slot", "disk", "memory", "agent");
    assertThat(ran("tasks", "why", elsewhere).out()).contains("no  status: the task is cancelled", "yes  slot");
    assertThat(json("tasks", "why", "nowhere").path("problem").asText()).contains("knows no such task");
    var done = site.create(code, "talk hello");
    site.ended(done);
    assertThat(json("tasks", "why", done).path("attempt").path("n").asInt()).isEqualTo(1);
  }

  @Test
  void whatHappensIsToldAsItHappens() throws Exception {
    site.work("-b", "code:" + code);
    var events = site.start("ctl", "events");
    events.awaitErr("listening");
    var task = site.create(code, "talk hello");
    for (var type : List.of("claimed", "started", "ended")) {
      events.awaitOut(" " + type + " task=" + task + " codebase=" + code);
    }
  }

  @Test
  void theOutputCanBeFollowedWithoutAServer() throws Exception {
    site.work("-b", "code:" + code);
    var gate = home.resolve("gate");
    var task = site.create(code, "wait " + gate);
    site.awaitOutput(task, "waiting");
    assertThat(ran("ctl", "tail", task).out()).isEqualTo("waiting\n");
    var tail = site.start("ctl", "tail", "--follow", task);
    tail.awaitOut("waiting");
    Files.createFile(gate);
    assertThat(tail.exit()).isZero();
    assertThat(tail.out()).startsWith("waiting\nwaited\n— completed");
  }

  @Test
  void moreTasksRunAtOnceWhenAPersonSaysSo() throws Exception {
    var other = site.folder("other");
    site.work("-b", "code:" + code, "-b", "other:" + other, "--max-concurrent-tasks", "1");
    site.awaitOutput(site.create(code, "polite"), "running");
    var second = site.create(other, "polite");
    Program.await("it to be seen", () -> json("status").path("waiting_count").asInt() == 1);
    ran("ctl", "concurrency", "2");
    site.awaitOutput(second, "running");
    assertThat(json("status").path("slots").path("most").asInt()).isEqualTo(2);
    var wrong = site.start("ctl", "concurrency", "0");
    assertThat(wrong.exit()).isEqualTo(2);
    assertThat(wrong.err()).contains("from 1 to 64").doesNotContain("same version");
  }

  @Test
  void aRefusedReportCanBeSeenAndTriedAgainWhileTheWorkerRuns() throws Exception {
    try (var server = FakeServer.start(Version.HEAD)) {
      site.at(server.url());
      site.work("-b", "code:" + code);
      server.on("PUT", "/v1/agent/tasks/*/status").after(1).answer(422, "no");
      server.on("POST", "/v1/worker/tasks/release").answer(422, "no");
      var task = server.addTask(site.id(code), "talk hello");
      Program.await("the refusals", () -> json("outbox", "list").size() >= 2);
      var refused = json("outbox", "list").valueStream().filter(r -> r.path("kind").asText().equals("status")).findFirst().orElseThrow();
      assertThat(refused.path("state").asText()).isEqualTo("refused");
      assertThat(refused.path("error").asText()).contains("422");
      server.heal();
      ran("outbox", "retry", refused.path("id").asText());
      Program.await("the outcome", () -> server.status(task).equals("completed"));
      ran("outbox", "drop", json("outbox", "list").path(0).path("id").asText());
      Program.await("nothing left", () -> json("outbox", "list").isEmpty());
    }
  }

  @Test
  void drainEndsTheWorkerAsTermDoes() throws Exception {
    var worker = site.work("-b", "code:" + code);
    ran("ctl", "drain");
    assertThat(worker.exit()).isZero();
    assertThat(worker.err()).contains("no new task", "unregistered");
    assertThat(stateDir.resolve("control.sock")).doesNotExist();
  }

  @Test
  void garbageAndTooMuchAreRefusedAndHurtNobody() throws Exception {
    site.work("-b", "code:" + code);
    try (var raw = new Raw()) {
      assertThat(raw.ask("this is no JSON").path("error").path("code").asInt()).isEqualTo(-32700);
      assertThat(raw.ask("[1]").path("error").path("code").asInt()).isEqualTo(-32600);
      assertThat(raw.ask("{\"id\":7,\"method\":\"nothing\"}").path("error").path("code").asInt()).isEqualTo(-32601);
      assertThat(raw.ask("{\"id\":7,\"method\":\"why\"}").path("error").path("code").asInt()).isEqualTo(-32602);
      assertThat(raw.ask("{\"id\":\"x\",\"method\":\"cancel\",\"params\":{\"task_id\":\"t\"}}").path("error").path("data").path("fix").asText())
          .contains("tasks show t");
      assertThat(raw.ask("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tasks\"}").path("result").has("running")).isTrue();
      raw.say("{\"jsonrpc\":\"2.0\",\"method\":\"status\"}"); // a notification is not answered, nor is one that is wrong
      raw.say("{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}");
      raw.say("{\"jsonrpc\":\"2.0\",\"method\":\"cancel\",\"params\":{\"task_id\":\"t\"}}");
      var odd = raw.ask("{\"id\":{\"a\":1},\"method\":\"tasks\"}");
      assertThat(odd.path("error").path("code").asInt()).isEqualTo(-32600);
      assertThat(odd.path("id").isNull()).isTrue();
      assertThat(raw.ask("{\"id\":9,\"method\":\"tasks\",\"params\":" + "[".repeat(1 << 17)).path("error").path("message").asText())
          .contains("65536 bytes");
      assertThat(raw.ask("{\"id\":10,\"method\":\"tasks\"}").path("id").asInt()).isEqualTo(10);
    }
    assertThat(json("status").path("state").asText()).isEqualTo("running");
  }

  @Test
  void aClientThatAsksMuchAtOnceAndThenReadsGetsEveryAnswer() throws Exception {
    site.work("-b", "code:" + code);
    try (var raw = new Raw()) {
      var many = 2000; // the requests fit into the socket, the answers do not by far
      raw.say(String.join("\n", IntStream.rangeClosed(1, many).mapToObj(i -> "{\"id\":" + i + ",\"method\":\"status\"}").toList()));
      try (var other = new Raw()) { // meanwhile the worker has time for as many answers as it lets lie
        for (var i = 0; i < many / 2; i++) {
          assertThat(other.ask("{\"id\":1,\"method\":\"status\"}").has("result")).isTrue();
        }
      }
      for (var i = 1; i <= many; i++) {
        var line = raw.lines.readLine();
        assertThat(line).as("answer " + i).isNotNull();
        assertThat(Json.read(line).path("id").asInt()).isEqualTo(i);
      }
    }
  }

  @Test
  void aClientThatDoesNotReadIsLeftAndTheWorkerGoesOn() throws Exception {
    var worker = site.work("-b", "code:" + code, "-b", "other:" + site.folder("other"));
    var loud = site.create(code, "chat");
    site.awaitOutput(loud, "chatting");
    try (var raw = new Raw()) {
      raw.say("{\"id\":1,\"method\":\"tail\",\"params\":{\"task_id\":\"" + loud + "\",\"follow\":true}}");
      for (var i = 0; i < 3000; i++) { // answers that nobody reads
        try {
          raw.say("{\"id\":1,\"method\":\"status\"}");
        } catch (java.io.IOException e) {
          break; // it has been left
        }
      }
      worker.awaitErr("does not read and is left");
    }
    assertThat(site.ended(site.create(home.toRealPath().resolve("code/other"), "talk hello")).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void pastTheBoundFurtherClientsAreTurnedAway() throws Exception {
    site.work("-b", "code:" + code);
    var clients = new ArrayList<Raw>();
    try {
      for (var i = 0; i < 32; i++) {
        clients.add(new Raw());
        assertThat(clients.getLast().ask("{\"id\":1,\"method\":\"tasks\"}").has("result")).isTrue();
      }
      try (var late = new Raw()) {
        assertThat(late.lines.readLine()).contains("32 clients already");
      }
      var status = site.start("status");
      assertThat(status.exit()).isEqualTo(75);
      assertThat(status.err()).contains("32 clients already", "close others");
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
    Program.await("room again", () -> site.start("status").exit() == 0);
  }

  @Test
  void theSocketIsItsOwnersAloneAndAStaleOneIsReplaced() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var socket = stateDir.resolve("control.sock");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
    worker.signal("KILL");
    worker.exit();
    assertThat(socket).exists();
    var gone = site.start("status", "--name", "w");
    assertThat(gone.exit()).isEqualTo(3);
    site.work("-b", "code:" + code);
    assertThat(json("status").path("state").asText()).isEqualTo("running");
  }

  @Test
  void aStateFolderWithALongPathHasAShortSocket() throws Exception {
    var deep = site.home().resolve("d".repeat(60)).resolve("e".repeat(60));
    site.work("-b", "code:" + code, "--state-dir", deep.toString());
    var now = json("status", "--state-dir", deep.toString());
    assertThat(now.path("worker").path("state_dir").asText()).isEqualTo(deep.toString());
    var real = Files.readSymbolicLink(deep.resolve("control.sock"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real.getParent()))).isEqualTo("rwx------");
    ran("ctl", "drain", "--state-dir", deep.toString());
    Program.await("its end", () -> !Files.exists(real.getParent()));
  }

  @Test
  void anotherUsersRuntimeFolderAndALinkThatAPersonMadeStopNoStart() throws Exception {
    var deep = site.home().resolve("d".repeat(60)).resolve("e".repeat(60));
    var theirs = site.folder("theirs");
    Files.createFile(theirs.resolve("kept"));
    Files.createFile(theirs.resolve("s"));
    Files.createDirectories(deep);
    Files.createSymbolicLink(deep.resolve("control.sock"), theirs.resolve("s"));
    site.work(Map.of("XDG_RUNTIME_DIR", "/nonexistent/1000"), "-b", "code:" + code, "--state-dir", deep.toString());
    assertThat(json("status", "--state-dir", deep.toString()).path("state").asText()).isEqualTo("running");
    assertThat(theirs.resolve("s")).exists();
    assertThat(Path.of("/nonexistent")).doesNotExist(); // also where the user might make it
    ran("ctl", "drain", "--state-dir", deep.toString());
  }
}
