package lib.worker.admission;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Clock;
import lib.core.Reporting;
import lib.protocol.Task;

/**
 * Model providers whose usage limit is reached, and until when each gets no task. A new process forgets them, which costs one
 * refusal each. Limits end at a time of the day, also while this machine sleeps, so the wall clock measures them. Thread-safe.
 */
public final class UsageLimits implements Reporting {
  /** The first pause where the provider names no time; limits by the minute are over by then. Each further refusal doubles it. */
  private static final Duration FIRST = Duration.ofMinutes(5);
  /** The longest of these pauses: one refusal an hour is nothing to a provider. */
  private static final Duration MAX_GUESS = Duration.ofHours(1);
  /** A provider that says "at once" and refuses again must not be asked without end. */
  private static final Duration MIN = Duration.ofSeconds(1);
  /** Limits are by the week at most; a longer time is a mistake. */
  private static final Duration MAX = Duration.ofDays(8);

  private record Pause(Instant until, int refusals) {}

  private final Map<String, Pause> pauses = new HashMap<>();
  private final Clock time;

  public UsageLimits(Clock time) {
    this.time = time;
  }

  /** The part of a task's model before the slash; without a model, the one that the agent chooses. */
  public static String provider(Task task) {
    var model = task.modelName();
    return model == null ? "the agent's own provider" : model.contains("/") ? model.substring(0, model.indexOf('/')) : model;
  }

  /**
   * Records a refusal. Another one during a pause can only prolong it. The provider's own time counts once; when it refuses
   * again after that, the pauses grow as if it had named none.
   *
   * @param named how long to wait, if the provider said so
   * @return until when the provider gets no task
   */
  public synchronized Instant refused(String provider, Optional<Duration> named) {
    var now = time.now();
    var before = pauses.getOrDefault(provider, new Pause(now, 0));
    var during = before.until.isAfter(now);
    var refusals = during ? before.refusals : before.refusals + 1;
    var guess = named.isEmpty() ? doubled(refusals - 1) : refusals > 1 ? doubled(refusals - 2) : MIN;
    var wait = named.filter(t -> t.compareTo(guess) > 0).orElse(guess);
    var until = now.plus(wait.compareTo(MAX) > 0 ? MAX : wait);
    var longer = during && before.until.isAfter(until) ? before.until : until;
    pauses.put(provider, new Pause(longer, refusals));
    return longer;
  }

  private static Duration doubled(int times) {
    var wait = FIRST.multipliedBy(1L << Math.min(times, 10));
    return wait.compareTo(MAX_GUESS) > 0 ? MAX_GUESS : wait;
  }

  /** Forgets earlier refusals, since the provider has served a task. A pause stays: that task may have begun long ago. */
  public synchronized void served(String provider) {
    pauses.computeIfPresent(provider, (name, pause) -> pause.until.isAfter(time.now()) ? pause : null);
  }

  /** The providers that get no task now, and until when. */
  public synchronized Map<String, Instant> paused() {
    var now = time.now();
    var paused = new HashMap<String, Instant>();
    pauses.forEach((provider, pause) -> {
      if (pause.until.isAfter(now)) {
        paused.put(provider, pause.until);
      }
    });
    return paused;
  }

  @Override
  public void status(ObjectNode json) {
    var limits = json.putArray("limits");
    paused().forEach((provider, until) -> limits.addObject().put("provider", provider).put("until", until.toString()));
  }
}
