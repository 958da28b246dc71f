package lib.agent.adapter;

import module java.base;
import lib.config.ArgumentTemplate;

/**
 * Any other program: its arguments are the setting {@code agent_args}, all it prints is text, and it is judged by its exit
 * code and by whether it said anything.
 */
public final class PlainCommand implements Adapter {
  public static final String KIND = "command";

  @Override
  public String kind() {
    return KIND;
  }

  /** Never: only the setting says so. */
  @Override
  public boolean recognizes(String name, String version) {
    return false;
  }

  @Override
  public boolean isProbed() {
    return false;
  }

  @Override
  public List<String> argv(LaunchSpec ask) {
    var values = new HashMap<>(Map.of("agent", ask.agent(), "prompt_file", ask.promptFile().toString(),
        "directory", ask.directory().toString()));
    values.put("model", ask.model());
    values.put("session", ask.session());
    var argv = new ArrayList<>(List.of(ask.program().toString()));
    argv.addAll(ArgumentTemplate.filled(ask.args(), values));
    return argv;
  }

  /** Unless one of its arguments is the file. */
  @Override
  public boolean promptOnInput(LaunchSpec ask) {
    return ask.args().stream().noneMatch(arg -> arg.contains("{prompt_file}"));
  }

  @Override
  public boolean hasEvents() {
    return false;
  }

  @Override
  public Line parseLine(String line) {
    return Line.plain(line);
  }
}
