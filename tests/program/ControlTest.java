package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;

/** The running worker shows its state and obeys commands; no client can hold it up. */
class ControlTest extends OnSite {
  private Path stateDir;

  @BeforeEach
  void open() throws Exception {
    stateDir = site.home().resolve(".local/state/a2a-worker/w");
    site.openServer();
  }

  private Program ran(String... arguments) throws Exception {
    var program = site.start(arguments);
    assertThat(program.exit()).as(program.toString()).isZero();
    return program;
  }

  private JsonNode json(String... arguments) throws Exception {
    return Json.read(ran(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new)).out());
  }

  /** A client that speaks to the socket itself: one connection, one request. */
  private final class Raw implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader lines;

    private Raw() throws Exception {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(stateDir.resolve("control.sock")));
      lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    private Raw(String request) throws Exception {
      this();
      send(request + "\n");
    }

    private void send(String text) throws Exception {
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    private JsonNode read() throws Exception {
      return Json.read(lines.readLine());
    }

    /** Whether the worker has closed the connection, found out without reading. */
    private boolean isClosed() throws Exception {
      try {
        send("\n");
        return false;
      } catch (IOException e) {
        return true;
      }
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }
  }

  private JsonNode ask(String request) throws Exception {
    try (var raw = new Raw(request)) {
      return raw.read();
    }
  }

  @Test
  void statusShowsRunningAndWaitingTasksAndTheServer() throws Exception {
    site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    var waiting = site.create(code, "talk later");
    Program.await("the waiting task", () -> json("status").path("waiting_count").asInt() == 1);
    var now = json("status");
    assertThat(now.path("worker").path("name").asText()).isEqualTo("w");
    assertThat(now.path("state").asText()).isEqualTo("running");
    assertThat(now.path("running").get(0).path("task_id").asText()).isEqualTo(running);
    assertThat(now.path("running").get(0).path("directory").asText()).isEqualTo(code.toString());
    assertThat(now.path("waiting").get(0).path("task_id").asText()).isEqualTo(waiting);
    assertThat(now.path("waiting").get(0).path("why").asText()).isEqualTo("directory: task " + running + " works in " + code);
    assertThat(now.path("feeds").path("stream").path("up").asBoolean()).isTrue();
    assertThat(now.path("server").path("last_contact_seconds").asInt()).isLessThan(60);
    assertThat(now.path("versions").path("worker").asText()).isNotEmpty();
    Program.await("the agent's version", () -> json("status").path("versions").path("agent").asText().equals("9.9.9-made"));
    assertThat(ran("status").out()).contains(running, waiting, "1 of 2 taken", "stream\tup");
  }

  @Test
  void statusExitsWith3WhenNoWorkerRuns() throws Exception {
    var none = site.start("status");
    assertThat(none.exit()).isEqualTo(3);
    assertThat(none.err()).contains("no worker runs here");
    var named = site.start("status", "--name", "w");
    assertThat(named.exit()).isEqualTo(3);
    assertThat(named.err()).contains("no worker answers in " + stateDir);
  }

  @Test
  void statusShowsConnectingWhenTheServerHasNotAnswered() throws Exception {
    var nowhere = "http://127.0.0.1:9"; // the discard port, where nobody listens
    var worker = site.start("run", "--server", nowhere, "--name", "w", "-b", "code:" + code);
    worker.awaitErr("asking " + nowhere + " failed");
    var now = json("status");
    assertThat(now.path("state").asText()).isEqualTo("connecting");
    assertThat(now.path("problems").get(0).asText()).contains(nowhere);
    assertThat(ran("status").out()).contains("connecting", "no task\tserver: the server has not answered yet");
    ran("ctl", "pause");
    worker.signal("HUP");
    worker.awaitErr("config reloaded");
    ran("ctl", "drain");
    assertThat(worker.exit()).isEqualTo(130);
  }

  @Test
  void asksForANameWhenSeveralWorkersRun() throws Exception {
    site.work("-b", "code:" + code);
    var second = site.start("run", "--server", site.url().toString(), "--name", "v", "--agent-bin", Site.agent());
    second.awaitErr("stream open");
    var which = site.start("status");
    assertThat(which.exit()).isEqualTo(1);
    assertThat(which.err()).contains("v, w", "--name");
    assertThat(json("status", "--name", "v").path("worker").path("name").asText()).isEqualTo("v");
  }

  @Test
  void takesNoTaskWhenPaused() throws Exception {
    site.work("-b", "code:" + code);
    ran("ctl", "pause", "--reason", "lunch");
    var task = site.create(code, "talk hello");
    Program.await("the waiting task", () -> json("status").path("waiting_count").asInt() == 1);
    assertThat(json("tasks", "why", task).path("before").path("reason").asText()).contains("pause", "on this machine", "lunch");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.PENDING);
    ran("ctl", "resume");
    assertThat(site.ended(task).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void whyListsEveryRuleWhenTheWorkerHasNeverSeenTheTask() throws Exception {
    var elsewhere = site.client().create(new lib.protocol.NewTask(null, "t", "p", "build", 0, null, null)).id();
    site.client().cancel(elsewhere, "not wanted");
    site.work("-b", "code:" + code);
    var why = json("tasks", "why", elsewhere);
    assertThat(why.path("now").path("say").asText()).isEqualTo("no");
    var rules = why.path("now").path("rules").valueStream().map(r -> r.path("rule").asText()).toList();
    assertThat(rules).contains("status", "target worker", "capabilities", "codebase", "roots", "directory", "slot", "disk", "memory", "agent");
    assertThat(ran("tasks", "why", elsewhere).out()).contains("no  status: the task is cancelled", "yes  slot");
    var unknown = site.start("tasks", "why", "nowhere");
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.out()).startsWith("the server knows no such task\n");
    var done = site.create(code, "talk hello");
    site.ended(done);
    assertThat(json("tasks", "why", done).path("attempt").path("n").asInt()).isEqualTo(1);
  }

  @Test
  void printsEventsAsTheyHappen() throws Exception {
    site.work("-b", "code:" + code);
    var events = site.start("ctl", "events");
    events.awaitErr("listening");
    var task = site.create(code, "talk hello");
    for (var type : List.of("claimed", "started", "ended")) {
      events.awaitOut(" " + type + " task=" + task + " codebase=" + code);
    }
  }

  @Test
  void tailFollowsTheOutputUntilTheTaskEnds() throws Exception {
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
  void concurrencyRaisesTheNumberOfSlots() throws Exception {
    var other = site.folder("other");
    site.work("-b", "code:" + code, "-b", "other:" + other, "--max-concurrent-tasks", "1");
    site.awaitOutput(site.create(code, "polite"), "running");
    var second = site.create(other, "polite");
    Program.await("the waiting task", () -> json("status").path("waiting_count").asInt() == 1);
    ran("ctl", "concurrency", "2");
    site.awaitOutput(second, "running");
    assertThat(json("status").path("slots").path("most").asInt()).isEqualTo(2);
    var wrong = site.start("ctl", "concurrency", "0");
    assertThat(wrong.exit()).isEqualTo(2);
    assertThat(wrong.err()).contains("from 1 to 64").doesNotContain("same version");
  }

  @Test
  void outboxRetriesARefusedReportWhenTheWorkerRuns() throws Exception {
    fake(Version.HEAD);
    site.work("-b", "code:" + code);
    server.on("PUT", "/v1/agent/tasks/*/status").after(1).answer(422, "no");
    server.on("POST", "/v1/worker/tasks/release").answer(422, "no");
    var task = server.addTask(site.id(code), "talk hello");
    Program.await("the refusals", () -> json("outbox", "list").valueStream().filter(r -> r.path("state").asText().equals("refused")).count() >= 2);
    var refused = json("outbox", "list").valueStream().filter(r -> r.path("kind").asText().equals("status")).findFirst().orElseThrow();
    assertThat(refused.path("error").asText()).contains("422");
    server.heal();
    ran("outbox", "retry", refused.path("id").asText());
    Program.await("the outcome", () -> server.status(task).equals("completed"));
    var release = json("outbox", "list").valueStream().filter(r -> r.path("state").asText().equals("refused")).findFirst().orElseThrow();
    ran("outbox", "drop", release.path("id").asText());
    Program.await("nothing left", () -> json("outbox", "list").isEmpty());
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
  void rejectsMalformedAndOversizedRequests() throws Exception {
    site.work("-b", "code:" + code);
    assertThat(ask("this is no JSON").at("/error/code").asInt()).isEqualTo(-32700);
    assertThat(ask("").at("/error/code").asInt()).isEqualTo(-32600);
    assertThat(ask("[1]").at("/error/code").asInt()).isEqualTo(-32600);
    assertThat(ask("{\"id\":7,\"method\":\"nothing\"}").at("/error/code").asInt()).isEqualTo(-32601);
    assertThat(ask("{\"id\":7,\"method\":\"why\"}").at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(ask("{\"id\":\"x\",\"method\":\"cancel\",\"params\":{\"task_id\":\"t\"}}").at("/error/data/fix").asText())
        .contains("tasks show t");
    var odd = ask("{\"id\":{\"a\":1},\"method\":\"tasks\"}");
    assertThat(odd.at("/error/code").asInt()).isEqualTo(-32600);
    assertThat(odd.path("id").isNull()).isTrue();
    try (var large = new Raw()) {
      large.send("{\"id\":9,\"method\":\"tasks\",\"params\":" + "[".repeat(1 << 16)); // the rest of it has no end
      assertThat(large.read().at("/error/message").asText()).contains("65536 bytes");
    }
    var answer = ask("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tasks\"}");
    assertThat(answer.path("id").asInt()).isEqualTo(8);
    assertThat(answer.path("result").has("running")).isTrue();
  }

  @Test
  void answersOneRequestOnAConnectionAndNoNotification() throws Exception {
    site.work("-b", "code:" + code);
    try (var raw = new Raw("{\"id\":1,\"method\":\"tasks\"}\n{\"id\":2,\"method\":\"tasks\"}")) {
      assertThat(raw.read().path("id").asInt()).isEqualTo(1);
      assertThatThrownBy(raw::read).isInstanceOf(Exception.class); // closed, or reset with the second request unread
    }
    for (var method : List.of("pause", "nothing", "cancel")) {
      try (var raw = new Raw("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\"}")) {
        assertThat(raw.lines.readLine()).isNull();
      }
    }
    assertThat(json("status").path("holds").toString()).contains("pause");
  }

  @Test
  void answersClientsThatReadLate() throws Exception {
    site.work("-b", "code:" + code);
    var late = new ArrayList<Raw>();
    try {
      for (var i = 0; i < 30; i++) {
        late.add(new Raw("{\"id\":" + i + ",\"method\":\"status\"}"));
      }
      for (var i = 0; i < 200; i++) { // none of them holds up another client
        assertThat(ask("{\"id\":1,\"method\":\"tasks\"}").has("result")).isTrue();
      }
      for (var i = 0; i < late.size(); i++) {
        var answer = late.get(i).read();
        assertThat(answer.path("id").asInt()).isEqualTo(i);
        assertThat(answer.path("result").path("state").asText()).isEqualTo("running");
      }
    } finally {
      for (var client : late) {
        client.close();
      }
    }
  }

  @Test
  void disconnectsAClientWhenItSendsNoRequestOrReadsNoAnswer() throws Exception {
    site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code);
    var task = site.create(code, "talk " + "x".repeat(250_000)); // more than a socket's buffer holds
    site.ended(task);
    try (var mute = new Raw(); var deaf = new Raw("{\"id\":1,\"method\":\"tail\",\"params\":{\"task_id\":\"" + task + "\"}}")) {
      mute.send("{\"id\":1,"); // no line end ever comes
      assertThat(ask("{\"id\":2,\"method\":\"tail\",\"params\":{\"task_id\":\"" + task + "\"}}").at("/result/text").asText())
          .hasSizeGreaterThan(250_000);
      assertThat(mute.lines.readLine()).isNull();
      Program.await("the deaf client's end", deaf::isClosed);
    }
  }

  @Test
  void disconnectsASubscriberWhenItLeavesTooManyEventsUnread() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var reason = "x".repeat(8_000); // some thirty of these fill the socket's buffer
    try (var deaf = new Raw("{\"id\":1,\"method\":\"events\"}")) {
      assertThat(deaf.read().has("result")).isTrue();
      Program.await("its end", () -> {
        for (var i = 0; i < 20; i++) {
          assertThat(ask("{\"id\":1,\"method\":\"pause\",\"params\":{\"reason\":\"" + reason + "\"}}").has("result")).isTrue();
          assertThat(ask("{\"id\":1,\"method\":\"resume\"}").has("result")).isTrue();
        }
        return worker.err().contains("256 events unread");
      });
      Program.await("the end of its connection", deaf::isClosed);
    }
    assertThat(site.ended(site.create(code, "talk hello")).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void outputWaitsForAFollowerThatDoesNotRead() throws Exception {
    site.work("-b", "code:" + code, "-b", "other:" + site.folder("other"));
    var loud = site.create(code, "chat");
    site.awaitOutput(loud, "chatting");
    try (var deaf = new Raw("{\"id\":1,\"method\":\"tail\",\"params\":{\"task_id\":\"" + loud + "\",\"follow\":true}}")) {
      assertThat(site.ended(site.create(home.toRealPath().resolve("code/other"), "talk hello")).status()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(ask("{\"id\":1,\"method\":\"tail\",\"params\":{\"task_id\":\"" + loud + "\"}}").at("/result/text").asText())
          .contains("chatting");
      assertThat(deaf.read().at("/result/ended").asBoolean(true)).isFalse();
      assertThat(deaf.read().path("method").asText()).isEqualTo("output");
    }
  }

  @Test
  void refusesClientsPastTheLimit() throws Exception {
    site.work("-b", "code:" + code);
    var clients = new ArrayList<Raw>();
    try {
      for (var i = 0; i < 32; i++) {
        clients.add(new Raw("{\"id\":1,\"method\":\"events\"}"));
        assertThat(clients.getLast().read().has("result")).isTrue();
      }
      try (var late = new Raw()) {
        var answer = late.read();
        assertThat(answer.path("id").isNull()).isTrue();
        assertThat(answer.at("/error/data/why").asText()).contains("32 clients already");
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
  void socketIsPrivateAndReplacedWhenStale() throws Exception {
    var worker = site.workApart("-b", "code:" + code);
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
  void makesAShortSocketPathWhenTheStateDirIsLong() throws Exception {
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
  void startsWhenTheRuntimeDirIsUnusableAndTheSocketIsAForeignLink() throws Exception {
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
