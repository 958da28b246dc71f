package lib.agent.adapter;

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

  @Override
  public boolean isAnyProgram() {
    return true;
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
