package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.adapter.OpenCode;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.opentest4j.TestAbortedException;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Refuse;

/** OpenCode, in the version that it is given. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class RealOpenCode extends RealAgent {
  /** The age of JSON stores and of the hangs that later versions do not have. */
  static final String OLD = "1.0.152";
  /** The newest when this was written. */
  static final String NEW = "1.18.34";

  private final String version;

  RealOpenCode(String version) {
    super(new OpenCode(), new ChatDialect());
    this.version = version;
  }

  @Override
  Path install(Path home, String modelUrl) throws IOException, InterruptedException {
    if (version.equals(OLD) && Stream.of(System.getenv("PATH").split(":")).noneMatch(p -> Files.isExecutable(Path.of(p, "rg")))) {
      throw new TestAbortedException("OpenCode " + version + " needs ripgrep, which is not here");
    }
    var name = "opencode-linux-" + NpmProgram.ARCH;
    var binary = NpmProgram.binary(name + "-" + version, name + "@" + version, "bin/opencode");
    var file = Files.createDirectories(home.resolve(".config/opencode")).resolve("opencode.json");
    Files.writeString(file, Json.write(config(modelUrl + "/v1")));
    var variables = new LinkedHashMap<>(Map.of("HOME", home.toString(), "XDG_DATA_HOME", home + "/.local/share", "XDG_CONFIG_HOME",
        home + "/.config", "XDG_STATE_HOME", home + "/.local/state", "XDG_CACHE_HOME", home + "/.cache"));
    for (var off : new String[] {"DEFAULT_PLUGINS", "AUTOUPDATE", "LSP_DOWNLOAD", "MODELS_FETCH"}) {
      variables.put("OPENCODE_DISABLE_" + off, "1");
    }
    return NpmProgram.wrapper(home.getParent(), binary, variables);
  }

  private static ObjectNode config(String modelUrl) {
    var config = Json.object().put("model", "fake/scripted").put("small_model", "fake/scripted").put("autoupdate", false)
        .put("share", "disabled");
    config.putArray("disabled_providers").add("opencode");
    config.putObject("permission").put("edit", "allow").put("bash", "allow");
    var provider = config.putObject("provider").putObject("fake").put("npm", "@ai-sdk/openai-compatible").put("name", "Fake");
    provider.putObject("options").put("baseURL", modelUrl).put("apiKey", "not-a-key");
    provider.putObject("models").putObject("scripted").put("name", "Scripted");
    return config;
  }

  @Override
  Map<String, String> variables(Path home) {
    return Map.of("XDG_DATA_HOME", home + "/.local/share");
  }

  @Override
  Call shell(String command) {
    return new Call("bash", Json.object().put("command", command).put("description", "a command"));
  }

  @Override
  Call write(Path file, String text) {
    return new Call("write", Json.object().put("filePath", file.toString()).put("content", text));
  }

  @Override
  String written(Path file) {
    return "[write] " + file + "\n";
  }

  @Override
  String goneSession() {
    return "ses_4d6c1ec0bffeabcdefghijklmn";
  }

  @Test
  @Order(Integer.MAX_VALUE) // the last one: the worker gives no further task to this provider for 20 minutes
  void aUsageLimitEndsTheTaskInsteadOfTheAgentsEndlessTries() throws Exception {
    script("Be limited", new Refuse(429, "rate limit reached, try again in 20 minutes"));
    var id = created("Be limited", null, null);
    site.awaitOutput(id, "(limit)");
    site.client().cancel(id, "it waits for its provider");
  }

  @Test
  void aModelThatTheAgentDoesNotKnowFailsAtOnceWithTheNearest() throws Exception {
    var task = done("Whatever", "fake/scribbled", null);
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    // a list that does not come within 15 s refuses nothing; then the agent says it
    assertThat(task.error()).contains("fake/scribbled").containsAnyOf("the nearest it knows: fake/scripted", "give the task a model that the agent has");
  }
}
