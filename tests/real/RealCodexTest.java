package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.Codex;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import tests.Heavy;
import tests.Program;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Cut;
import tests.real.ModelServer.Say;

/** Codex {@value VERSION}. */
@Heavy
final class RealCodexTest extends RealAgent {
  private static final String VERSION = "0.169.0";

  RealCodexTest() {
    super(new Codex(), new ResponsesDialect());
  }

  @Override
  Path install(Path home, String modelUrl) throws IOException, InterruptedException {
    var platform = "linux-" + NpmProgram.ARCH;
    var binary = NpmProgram.binary("codex-" + platform + "-" + VERSION, "@openai/codex@" + VERSION + "-" + platform,
        "vendor/" + (NpmProgram.ARCH.equals("x64") ? "x86_64" : "aarch64") + "-unknown-linux-musl/bin/codex");
    Files.writeString(Files.createDirectories(home.resolve(".codex")).resolve("config.toml"), """
        model = "scripted"
        model_provider = "fake"
        [model_providers.fake]
        name = "Fake"
        base_url = "%s/v1"
        wire_api = "responses"
        env_key = "FAKE_KEY"
        stream_max_retries = 1
        """.formatted(modelUrl));
    return NpmProgram.wrapper(home.getParent(), binary,
        Map.of("HOME", home.toString(), "CODEX_HOME", home + "/.codex", "FAKE_KEY", "not-a-key"));
  }

  @Override
  Map<String, String> variables(Path home) {
    return Map.of("CODEX_HOME", home + "/.codex");
  }

  /** Its sandbox needs more than every machine that runs tests gives. */
  @Override
  List<String> flags() {
    return List.of("--agent-approval", "all");
  }

  @Override
  Call shell(String command) {
    return new Call("exec_command", Json.object().put("cmd", command).put("yield_time_ms", 30_000));
  }

  @Override
  Call write(Path file, String text) {
    return shell("apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: " + file + "\n+" + text + "\n*** End Patch\nEOF");
  }

  @Override
  String written(Path file) {
    return "[add] " + file + "\n";
  }

  @Override
  String goneSession() {
    return "01a00000-0000-7000-8000-000000000001";
  }

  @Test
  void findsOutThatAnUnknownSessionBeganAgain() throws Exception {
    script("Continue that", new Say("With what?"));
    var task = done("Continue that", null, "plover");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).startsWith("With what?").contains("session plover was asked for; the agent worked in " + task.sessionId());
  }

  @Test
  void theModelsOfItsCatalogueAreRegistered() throws Exception {
    Program.await("the models at the server", () -> !site.client().workers().getFirst().path("models").isEmpty());
    assertThat(site.client().workers().getFirst().path("models").valueStream().map(model -> model.path("id").asText()))
        .allMatch(id -> id.startsWith("openai/"));
  }

  @Test
  void withoutANetworkItsEndlessWaitEndsAndTheErrorSaysWhatItWaitedFor() throws Exception {
    var cut = NpmProgram.script(site.home().resolve("cut-off"), "exec '" + site.home().resolve("agent")
        + "' -c 'model_providers.fake.base_url=\"http://127.0.0.1:9/v1\"' \"$@\"\n");
    var folder = site.folder("cut-off");
    site.start("run", "--server", site.url().toString(), "--name", "v", "--agent-bin", cut.toString(), "-b", "cut-off:" + folder,
        "--silence", "dead=5");
    var task = site.ended(site.create(folder, "Say anything"));
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error().lines().findFirst()).get().asString().contains("waiting for network", "whether this machine reaches");
  }

  @Test
  void aStreamThatIsCutIsNoSuccess() throws Exception {
    script("Be cut off", new Cut("half an ans"));
    var task = done("Be cut off");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("stream disconnected before completion");
  }
}
