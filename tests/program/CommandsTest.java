package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.Program;
import tests.fake.FakeServer;

/** The commands on a server print the truth, for people and for scripts. */
class CommandsTest extends OnSite {
  private Program ran(String... arguments) throws Exception {
    var program = site.start(Stream.concat(Stream.of(arguments), Stream.of("--server", site.url().toString())).toArray(String[]::new));
    program.exit();
    return program;
  }

  private JsonNode json(String... arguments) throws Exception {
    var program = ran(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new));
    assertThat(program.exit()).as(program.toString()).isZero();
    return Json.read(program.out());
  }

  @Test
  void servePrintsItsAddressFirst() throws Exception {
    var server = site.serve();
    assertThat(server.out().lines().findFirst().orElse("")).contains(site.url().toString());
    assertThat(server.err()).doesNotContain("serving");
    server.signal("TERM");
    assertThat(server.exit()).isZero();
    assertThat(server.err()).contains("stopped serving " + site.url());
  }

  @Test
  void serveNamesTheConflictWhenPortOrDataAreInUse() throws Exception {
    site.openServer();
    var samePort = site.start("serve", "--port", Integer.toString(site.url().getPort()), "--data", home.resolve("other").toString());
    assertThat(samePort.exit()).isNotZero();
    assertThat(samePort.err()).contains("problem: the server cannot listen", "fix: ").doesNotContain("\tat ");
    var sameData = site.start("serve", "--port", "0");
    assertThat(sameData.exit()).isEqualTo(75);
    assertThat(sameData.err()).contains("a server already runs in", "--server URL", "--data DIR").doesNotContain("\tat ");
  }

  @Test
  void serveRequiresATokenWhenNotOnLoopback() throws Exception {
    var open = site.start("serve", "--port", "0", "--host", "0.0.0.0", "--no-token");
    assertThat(open.exit()).isEqualTo(4);
    assertThat(open.err()).contains("problem: ", "token");
  }

  @Test
  void serveMakesATokenThatTheCommandsOfItsUserUseAndNobodyElseHas() throws Exception {
    var data = home.resolve("data");
    var kept = "";
    for (var start = 0; start < 2; start++) {
      var server = site.start("serve", "--port", "0", "--data", data.toString());
      site.at(URI.create(server.awaitOut("http://\\S+")));
      assertThat(statusWithoutToken("/v1/agent/tasks")).isEqualTo(401);
      assertThat(statusWithoutToken("/health")).isEqualTo(200);
      assertThat(statusWithoutToken("/v1/agent/status")).isEqualTo(200);
      assertThat(ran("tasks", "list", "--server", site.url().toString()).exit()).isZero();
      var found = site.start("tasks", "list");
      assertThat(found.exit()).isZero();
      assertThat(found.err()).isEqualTo("using the local server " + site.url() + "\n");
      assertThat(Files.getPosixFilePermissions(data.resolve("local.json"))).isEqualTo(PosixFilePermissions.fromString("rw-------"));
      var token = Json.read(Files.readString(data.resolve("local.json"))).path("token").asText();
      assertThat(token).hasSize(32);
      assertThat(start == 0 ? token : kept).isEqualTo(token);
      kept = token;
      server.signal("TERM");
      assertThat(server.exit()).isZero();
      assertThat(server.err()).doesNotContain(token);
    }
  }

  private int statusWithoutToken(String path) throws Exception {
    var call = (HttpURLConnection) site.url().resolve(path).toURL().openConnection();
    try {
      return call.getResponseCode();
    } finally {
      call.disconnect();
    }
  }

  @Test
  void runsWhenCalledWithoutArguments() throws Exception {
    var ran = site.start();
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("problem: no server is named", "--server URL", "--help");
  }

  @Test
  void createsListsShowsReadsAndRequeuesATask() throws Exception {
    site.openServer();
    var code = site.folder("code");
    var registered = json("register", "-b", "code:" + code, "-n", "w");
    assertThat(registered.path("codebases").path(0).path("path").asText()).isEqualTo(code.toString());
    var id = json("tasks", "create", "--codebase", "code", "--title", "T", "--model", "p/m",
        "--priority", "3", "talk hi").path("id").asText();
    var shown = json("tasks", "show", id);
    assertThat(shown.path("title").asText()).isEqualTo("T");
    assertThat(shown.path("model").asText()).isEqualTo("p/m");
    assertThat(shown.path("priority").asInt()).isEqualTo(3);
    assertThat(json("tasks", "list", "--status", "pending")).hasSize(1);
    assertThat(json("tasks", "list", "--status", "failed")).isEmpty();
    assertThat(json("tasks", "output", id).path("outputs")).isEmpty();
    site.work("-b", "code:" + code, "--once");
    assertThat(site.ended(id).result()).isEqualTo("hi");
    assertThat(ran("tasks", "output", id).out()).startsWith("hi\n");
    assertThat(String.join("", json("tasks", "output", id).path("outputs").valueStream().map(JsonNode::asText).toList()))
        .startsWith("hi\n");
    var text = ran("tasks", "show", id).out();
    assertThat(text).contains("completed", "talk hi", "result:\nhi");
    var other = json("tasks", "create", "x").path("id").asText();
    assertThat(json("tasks", "cancel", other).path("status").asText()).isEqualTo("cancelled");
    assertThat(json("tasks", "requeue", other).path("status").asText()).isEqualTo("pending");
    assertThat(ran("tasks", "list").out().lines()).hasSize(2).allMatch(line -> line.contains("\t"));
  }

  @Test
  void followExitsWithTheTasksOutcome() throws Exception {
    site.openServer();
    var code = site.folder("code");
    site.work("-b", "code:" + code);
    site.id(code);
    var good = ran("tasks", "create", "--follow", "--codebase", "code", "count 3");
    assertThat(good.exit()).as(good.toString()).isZero();
    assertThat(good.out()).startsWith("line 1\nline 2\nline 3\n");
    var bad = ran("tasks", "create", "--follow", "--codebase", "code", "error it broke");
    assertThat(bad.exit()).isEqualTo(1);
    assertThat(bad.err()).contains("failed: it broke");
  }

  @Test
  void saysThatTheTaskContinuesWhenFollowingIsInterrupted() throws Exception {
    site.openServer();
    var create = site.process("tasks", "create", "--follow", "x", "--server", site.url().toString());
    var id = create.awaitErr("task (\\S+)\n");
    Program.await("its start", () -> site.client().task(id) != null);
    create.signal("INT");
    assertThat(create.exit()).isEqualTo(130);
    assertThat(create.err()).contains("the task goes on; to follow it: tasks output --follow " + id);
  }

  @Test
  void saysThatACancelIsPendingWhenItTakesLonger() throws Exception {
    site.openServer();
    var code = site.folder("code");
    site.work(Map.of(Program.TIMES_FASTER, "3"), "-b", "code:" + code);
    var running = site.create(code, "stubborn");
    site.awaitOutput(running, "running");
    var cancel = ran("tasks", "cancel", running);
    assertThat(cancel.exit()).as(cancel.toString()).isZero();
    assertThat(cancel.err()).contains("waiting for its agent to end");
  }

  @Test
  void cancelPrintsTheTasksNewState() throws Exception {
    site.openServer();
    var pending = site.create(null, "x");
    assertThat(json("tasks", "cancel", pending).path("status").asText()).isEqualTo("cancelled");
    var code = site.folder("code");
    site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    assertThat(ran("tasks", "cancel", running).out()).isEqualTo(running + "\tcancelled\n");
    site.awaitNoAgents();
    var done = site.create(code, "talk x");
    site.ended(done);
    var late = ran("tasks", "cancel", done);
    assertThat(late.exit()).isEqualTo(1);
    assertThat(late.err()).contains("completed");
  }

  @ParameterizedTest
  @EnumSource(FakeServer.Version.class)
  void reportsAFailedCancelWhenTheServerCannotCancel(FakeServer.Version version) throws Exception {
    fake(version);
    var task = server.addTask((String) null, "x");
    server.change(task, t -> t.put("status", "running").put("worker_id", "w9"));
    var ran = ran("tasks", "cancel", task);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("still runs", "cannot cancel a running task", "tasks cancel --here " + task);
  }
}
