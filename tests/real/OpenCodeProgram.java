package tests.real;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lib.config.Json;
import org.opentest4j.TestAbortedException;

/** A real OpenCode, got through npm once and kept in the cache folder, made to talk to one model server only. */
final class OpenCodeProgram {
  /** The age of JSON stores and of the hangs that later versions do not have. */
  static final String OLD = "1.0.152";
  /** The newest when this was written. */
  static final String NEW = "1.18.34";
  private static final int MINUTES = 5; // the program is 180 MB

  private OpenCodeProgram() {}

  /** A program named {@code agent} in this folder, with a home of its own; aborts the test, aloud, where it cannot be had. */
  static Path install(Path folder, String modelUrl, String version) throws IOException, InterruptedException {
    if (version.equals(OLD) && Stream.of(System.getenv("PATH").split(":")).noneMatch(p -> Files.isExecutable(Path.of(p, "rg")))) {
      throw new TestAbortedException("OpenCode " + version + " needs ripgrep, which is not here");
    }
    var binary = binary(version);
    var home = Files.createDirectories(folder.resolve("agent-home"));
    var config = Files.createDirectories(home.resolve(".config/opencode")).resolve("opencode.json");
    Files.writeString(config, Json.write(config(modelUrl)));
    var agent = folder.resolve("agent");
    // the closed proxy port makes every other outside address fail at once instead of hanging
    Files.writeString(agent, """
        #!/bin/sh
        export HOME='%1$s' XDG_DATA_HOME='%1$s/.local/share' XDG_CONFIG_HOME='%1$s/.config' XDG_STATE_HOME='%1$s/.local/state'
        export XDG_CACHE_HOME='%1$s/.cache' HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9
        export NO_PROXY=127.0.0.1,localhost OPENCODE_DISABLE_DEFAULT_PLUGINS=1 OPENCODE_DISABLE_AUTOUPDATE=1
        export OPENCODE_DISABLE_LSP_DOWNLOAD=1 OPENCODE_DISABLE_MODELS_FETCH=1
        exec '%2$s' "$@"
        """.formatted(home, binary));
    if (!agent.toFile().setExecutable(true)) {
      throw new IOException(agent + " cannot be made executable");
    }
    return agent;
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

  private static synchronized Path binary(String version) throws IOException, InterruptedException {
    var arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
    var name = "opencode-linux-" + arch;
    var base = System.getenv("XDG_CACHE_HOME") != null ? Path.of(System.getenv("XDG_CACHE_HOME"))
        : Path.of(System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".cache");
    var kept = base.resolve("a2a-worker/tests").resolve(name + "-" + version);
    if (Files.isExecutable(kept)) {
      return kept;
    }
    var fresh = Files.createTempDirectory("opencode");
    Files.writeString(fresh.resolve("package.json"), "{\"private\":true}");
    try {
      var log = fresh.resolve("npm.log");
      var npm = new ProcessBuilder(List.of("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", name + "@" + version))
          .directory(fresh.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
      if (!npm.waitFor(MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
        npm.destroyForcibly();
        throw new TestAbortedException("npm could not install OpenCode " + version + ": " + Files.readString(log));
      }
    } catch (IOException e) {
      throw new TestAbortedException("a real OpenCode needs npm, which is not here: " + e.getMessage());
    }
    Files.createDirectories(kept.getParent());
    return Files.move(fresh.resolve("node_modules").resolve(name).resolve("bin/opencode"), kept, StandardCopyOption.REPLACE_EXISTING);
  }
}
