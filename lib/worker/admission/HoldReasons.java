package lib.worker.admission;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What keeps this worker from taking tasks at the moment, whatever the task. Each part says why, or is null.
 *
 * @param closed the worker is ending
 * @param paused a person wants it so
 * @param disk there is no room to record what is taken
 * @param memory there is no room for another agent
 * @param agent no agent can run: there is none, or it has proved to be broken
 */
public record HoldReasons(String closed, String paused, String disk, String memory, String agent) {
  public static final HoldReasons NONE = new HoldReasons(null, null, null, null, null);

  /** Those that hold: the name of the rule to why, in the order of the rules. */
  public Map<String, String> all() {
    var all = new LinkedHashMap<String, String>();
    put(all, "intake", closed);
    put(all, "pause", paused);
    put(all, "disk", disk);
    put(all, "memory", memory);
    put(all, "agent", agent);
    return all;
  }

  private static void put(Map<String, String> all, String rule, String why) {
    if (why != null) {
      all.put(rule, why);
    }
  }
}
