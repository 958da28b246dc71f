package lib.agent.process;

import module java.base;
import lib.agent.acp.Acp;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.ClaudeCode;
import lib.agent.adapter.CodeTether;
import lib.agent.adapter.Codex;
import lib.agent.adapter.OpenCode;
import lib.agent.adapter.PlainCommand;

/** The kinds of agent CLI there are. */
public final class Adapters {
  /** The setting's word for finding out which kind a program is. */
  public static final String AUTO = "auto";

  /** In the order in which they are asked whether a program is theirs. */
  private static final List<Adapter> ALL = List.of(new ClaudeCode(), new Codex(), new CodeTether(), new OpenCode(), new Acp(),
      new PlainCommand());

  private Adapters() {}

  /** The words for all kinds. */
  public static List<String> kinds() {
    return ALL.stream().map(Adapter::kind).toList();
  }

  /** The adapter of this kind, as an attempt's folder or a setting names it. */
  public static Optional<Adapter> of(String kind) {
    return ALL.stream().filter(adapter -> adapter.kind().equals(kind)).findFirst();
  }

  /** The adapter for a program of this name that answers so to {@code --version} or {@code --help}. */
  public static Optional<Adapter> recognise(String name, String said) {
    return ALL.stream().filter(adapter -> adapter.recognizes(name, said)).findFirst();
  }
}
