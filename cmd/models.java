///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import module java.base;
import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.agent.AgentProgram;
import lib.agent.adapter.Adapter;
import lib.cli.DataCommand;
import lib.cli.output.CommandIo;
import lib.config.ReloadableSettings;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine;

/** {@code models}: what the agent CLI on this machine can use. */
@CommandLine.Command(name = "models", description = "List the models that the agent CLI on this machine can use, as tasks name them. "
    + "With --json: agent (path, kind, version), models.", footer = "%nExample: worker models")
public final class models extends DataCommand {
  public models() {
    super(Use.AGENT);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var settings = settings();
    var program = AgentProgram.require(settings).path();
    var folder = Files.createTempDirectory("models");
    try {
      return print(settings, program, folder);
    } finally {
      Files.delete(folder);
    }
  }

  private int print(Settings settings, Path program, Path folder) throws InterruptedException {
    var inspector = new AgentInspector(new ReloadableSettings(settings), folder, text -> text, AgentListener.NONE, Clock.SYSTEM);
    var adapter = inspector.require().adapter();
    var list = inspector.models().orElseThrow(() -> absence(adapter, program));
    if (!json) {
      return print(String.join("\n", list));
    }
    inspector.inspect();
    var answer = Json.object();
    answer.putObject("agent").put("path", program.toString()).put("kind", adapter.kind()).put("version", inspector.facts().version());
    return print(Json.pretty(answer.set("models", Json.array(list))));
  }

  private static Problem absence(Adapter adapter, Path program) {
    return adapter.modelsArgv(program).isEmpty()
        ? new Problem("the agent CLI " + program + " has no list of models", "an agent of kind " + adapter.kind()
            + " has no command that lists them without asking its providers",
            "look in its own documentation for names; a task may name any model, and the agent says when it does not have it")
        : new Problem("the agent CLI " + program + " does not tell its models",
            String.join(" ", adapter.modelsArgv(program)) + " ended badly, or printed none",
            "run that command and see what it says; it may need a login");
  }

  public static void main(String[] args) {
    System.exit(new models().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
