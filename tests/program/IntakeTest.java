package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;

/** A shortage on the machine stops the intake, shows in the status, and heals by itself; no server widens the local rules. */
class IntakeTest extends OnSite {
  private Path config;

  @BeforeEach
  void open() throws Exception {
    config = home.resolve("config.json");
  }

  private void configure(ObjectNode settings) throws Exception {
    Files.writeString(config, Json.pretty(settings));
  }

  private Program workConfigured() throws Exception {
    return site.work("-b", "code:" + code, "--config", config.toString());
  }

  private JsonNode status() throws Exception {
    var status = site.start("status", "--name", "w", "--json");
    assertThat(status.exit()).as(status.toString()).isZero();
    return Json.read(status.out());
  }

  private List<String> holds() throws Exception {
    return status().path("holds").valueStream().map(h -> h.path("rule").asText() + ": " + h.path("why").asText()).toList();
  }

  @Test
  void holdsTasksWhenTheDiskIsShort() throws Exception {
    site.openServer();
    configure(Json.object().put("min_free_disk", "1024GiB"));
    var worker = workConfigured();
    var task = site.create(code, "talk hello");
    worker.awaitErr("no task is taken: disk: .* min_free_disk is 1024GiB");
    assertThat(holds()).singleElement().asString().startsWith("disk: ");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.PENDING);
    configure(Json.object().put("min_free_disk", "0"));
    worker.signal("HUP");
    worker.awaitErr("config reloaded, changed: min_free_disk; needs a restart: nothing");
    assertThat(site.ended(task).status()).isEqualTo(TaskStatus.COMPLETED);
    worker.awaitErr("hold disk cleared");
    assertThat(holds()).isEmpty();
  }

  @Test
  void holdsOnlyAgentTasksWhenMemoryIsShort() throws Exception {
    site.openServer();
    configure(Json.object().put("min_free_memory", "1024GiB"));
    var worker = workConfigured();
    var task = site.create(code, "talk hello");
    worker.awaitErr("no agent is started: memory: .* min_free_memory is 1024GiB");
    assertThat(site.ended(site.create(code, "hello", "echo")).result()).isEqualTo("hello");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.PENDING);
  }

  @Test
  void holdsTasksWhenTheAgentFailsThreeTimes() throws Exception {
    site.openServer();
    var broken = home.resolve("opencode");
    Files.writeString(broken, "#!/bin/sh\necho cannot load libfoo >&2\nexit 1\n");
    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
    var worker = site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code, "--agent-bin", broken.toString());
    for (var i = 0; i < 3; i++) {
      assertThat(site.ended(site.create(code, "talk " + i)).status()).isEqualTo(TaskStatus.FAILED);
    }
    worker.awaitErr("agent " + broken + " is in quarantine");
    var spared = site.create(code, "talk spared");
    Program.await("the waiting task", () -> status().path("waiting_count").asInt() == 1);
    assertThat(holds()).singleElement().asString().contains("3 tasks in a row", "exit code 1");
    Program.await("the hold at the server", () -> site.client().workers().getFirst().path("holds").path(0).path("rule").asText().equals("agent"));
    assertThat(status().path("quarantines").get(0).path("agent").asText()).isEqualTo(broken.toString());
    assertThat(site.client().task(spared).status()).isEqualTo(TaskStatus.PENDING);
  }

  @Test
  void resetsTheBreakerWhenAReloadReplacesTheAgent() throws Exception {
    site.openServer();
    var gate = home.resolve("gate");
    var broken = home.resolve("opencode");
    Files.writeString(broken, "#!/bin/sh\nwhile [ ! -e " + gate + " ]; do sleep 0.05; done\nexit 1\n");
    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
    var folders = List.of(site.folder("one"), site.folder("two"), site.folder("three"));
    var settings = Json.object().put("agent_bin", broken.toString()).put("max_concurrent_tasks", 3);
    folders.forEach(folder -> settings.withArray("codebases").add(folder.toString()));
    configure(settings);
    site.start("run", "--server", site.url().toString(), "--name", "w", "--config", config.toString()).awaitErr("stream open");
    var tasks = new ArrayList<String>();
    for (var folder : folders) {
      tasks.add(site.create(folder, "talk hello"));
    }
    Program.await("the three", () -> status().path("running").valueStream().filter(r -> r.path("step").asText().equals("running")).count() == 3);
    configure(settings.put("agent_bin", Site.agent()));
    assertThat(site.start("ctl", "reload", "--name", "w").exit()).isZero();
    Files.createFile(gate);
    for (var task : tasks) {
      assertThat(site.ended(task).status()).isEqualTo(TaskStatus.FAILED);
    }
    Program.await("the new agent", () -> holds().isEmpty());
    assertThat(status().path("quarantines")).isEmpty();
  }

  @Test
  void reloadPrintsLiveAndRestartSettingsAndIgnoresABadFile() throws Exception {
    site.openServer();
    configure(Json.object().put("max_concurrent_tasks", 1).put("poll_interval", 3));
    var worker = workConfigured();
    configure(Json.object().put("max_concurrent_tasks", 3).put("poll_interval", 4));
    worker.signal("HUP");
    worker.awaitErr("config reloaded, changed: max_concurrent_tasks; needs a restart: poll_interval");
    assertThat(status().path("slots").path("most").asInt()).isEqualTo(3);
    assertThat(site.start("ctl", "concurrency", "5", "--name", "w").exit()).isZero();
    configure(Json.object().put("max_concurrent_tasks", 3).put("poll_interval", 4));
    worker.signal("HUP");
    worker.awaitErr("config reloaded, changed: nothing; needs a restart: poll_interval"); // as before: the worker has not restarted
    assertThat(status().path("slots").path("most").asInt()).isEqualTo(5);
    configure(Json.object().put("max_concurrent_tasks", 2).put("poll_interval", 3));
    worker.signal("HUP");
    worker.awaitErr("config reloaded, changed: max_concurrent_tasks; needs a restart: nothing");
    assertThat(status().path("slots").path("most").asInt()).isEqualTo(2);
    Files.writeString(config, "{\"max_concurrent_tasks\": \"many\"}");
    worker.signal("HUP");
    worker.awaitErr("config not reloaded, the worker keeps its settings: max_concurrent_tasks is 'many'");
    var reload = site.start("ctl", "reload", "--name", "w");
    assertThat(reload.exit()).isEqualTo(1);
    assertThat(reload.err()).contains("max_concurrent_tasks is 'many'", "config.json:1:");
    assertThat(status().path("slots").path("most").asInt()).isEqualTo(2);
  }

  @Test
  void reloadReplacesTheOfferedCodebases() throws Exception {
    site.openServer();
    var other = site.folder("other");
    configure(codebases(code));
    site.work("--config", config.toString());
    site.id(code);
    configure(codebases(other));
    var reload = site.start("ctl", "reload", "--name", "w", "--json");
    assertThat(reload.exit()).as(reload.toString()).isZero();
    assertThat(Json.read(reload.out()).path("changed").get(0).asText()).isEqualTo("codebases");
    assertThat(site.ended(site.create(other, "talk here")).result()).isEqualTo("here");
    Program.await("the offer", () -> status().path("codebases").valueStream().noneMatch(c -> c.path("path").asText().equals(code.toString())));
    var left = site.create(code, "talk nowhere");
    var why = site.start("tasks", "why", "--name", "w", "--json", left);
    assertThat(why.exit()).isZero();
    assertThat(Json.read(why.out()).path("now").path("reason").asText()).contains("is not offered here");
  }

  @Test
  void keepsOfferingACodebaseWhenAReloadChangesItsDescription() throws Exception {
    site.openServer();
    configure(codebases(code));
    site.work("--config", config.toString());
    site.id(code);
    var described = codebases(code);
    ((ObjectNode) described.path("codebases").path(0)).put("description", "the shop");
    configure(described);
    assertThat(site.start("ctl", "reload", "--name", "w").exit()).isZero();
    assertThat(site.ended(site.create(code, "talk still here")).result()).isEqualTo("still here");
  }

  private static ObjectNode codebases(Path folder) {
    var settings = Json.object();
    settings.putArray("codebases").addObject().put("name", folder.getFileName().toString()).put("path", folder.toString());
    return settings;
  }

  @Test
  void startsNoAgentWhenARegisteredFolderBecomesALinkOutOfTheRoots() throws Exception {
    var roots = site.folder("roots");
    var inside = Files.createDirectories(roots.resolve("inside"));
    fake(Version.HEAD);
    site.work("--codebase-roots", roots.toString());
    server.addTask((ObjectNode) Json.object().put("codebase_id", "__pending__").put("agent_type", "register_workspace")
        .set("metadata", Json.object().put("path", inside.toString())));
    var there = server.addTask(site.id(inside), "where");
    Program.await("its end", () -> server.status(there).equals("completed"));
    Files.delete(inside);
    Files.createSymbolicLink(inside, site.folder("secret"));
    var refused = server.addTask(site.id(inside), "where");
    Program.await("its refusal", () -> server.status(refused).equals("failed"));
    assertThat(server.task(refused).path("error").asText()).contains("codebase_roots");
    assertThat(server.output(refused)).doesNotContain("secret");
  }

  @Test
  void endsTheAgentBeforeItsLeaseExpiresWhenItCannotBeRenewed() throws Exception {
    fake(Version.HEAD);
    server.on("GET", "/v1/agent/status").answer(200, "{\"message\":\"ok\",\"server_id\":\"srv_made\"}");
    server.on("POST", "/v1/worker/tasks/claim").answer(200, "{\"success\":true,\"attempt\":1,\"lease_seconds\":31}");
    server.on("POST", "/v1/agent/workers/*/heartbeat").reset();
    var worker = site.start("run", "--server", server.url().toString(), "--name", "w", "--agent-bin", Site.agent(), "-b", "code:" + code);
    worker.awaitErr("stream open");
    var task = server.addTask(site.id(code), "polite");
    Program.await("its outcome", () -> server.status(task).equals("failed"));
    assertThat(server.task(task).path("error").asText()).contains("lease", "resume_session_id ses_made");
    site.awaitNoAgents();
  }
}
