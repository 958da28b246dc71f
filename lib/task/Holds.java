package lib.task;

import java.util.function.BiConsumer;

/**
 * What keeps this worker from taking tasks at the moment, whatever the task. Each part says why, or is null.
 *
 * @param closed the worker is ending
 * @param paused a person wants it so
 * @param disk there is no room to record what is taken
 * @param memory there is no room for another agent
 * @param agent no agent can run: there is none, or it has proved to be broken
 */
public record Holds(String closed, String paused, String disk, String memory, String agent) {
  public static final Holds NONE = new Holds(null, null, null, null, null);

  /** Gives each that holds, by the name of its rule. */
  public void each(BiConsumer<String, String> hold) {
    give(hold, "intake", closed);
    give(hold, "pause", paused);
    give(hold, "disk", disk);
    give(hold, "memory", memory);
    give(hold, "agent", agent);
  }

  private static void give(BiConsumer<String, String> hold, String rule, String why) {
    if (why != null) {
      hold.accept(rule, why);
    }
  }
}
