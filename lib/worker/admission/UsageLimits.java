package lib.worker.admission;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import lib.core.Clock;
import lib.wire.Task;

/**
 * The model providers whose usage limit is reached, and until when each is left alone. It is forgotten with the process,
 * which costs one more refusal each. A limit ends at a time of the day, also while this machine sleeps, so it is measured
 * on the wall clock. Thread-safe.
 */
public final class UsageLimits {
  /** The first pause when nothing was told; limits by the minute are over by then. It doubles while refusals go on. */
  private static final Duration FIRST = Duration.ofMinutes(5);
  /** So often a limit that nobody knows the end of is tried: one refusal an hour is nothing to a provider. */
  private static final Duration MOST = Duration.ofHours(1);
  /** A provider that says "at once" and refuses again must not be asked in a circle. */
  private static final Duration LEAST = Duration.ofSeconds(1);
  /** Limits are by the week at the most; what is told beyond that is a mistake. */
  private static final Duration LONGEST = Duration.ofDays(8);

  private record Pause(Instant until, int refusals, boolean open) {}

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
   * Takes note of a refusal. Another one during a pause can only prolong it. A told time is believed once; when the refusals
   * go on after it, the pauses grow as if nothing had been told.
   *
   * @param told how long to wait, if the provider said so
   * @return until when the provider is left alone
   */
  public synchronized Instant refused(String provider, Optional<Duration> told) {
    var now = time.now();
    var before = pauses.getOrDefault(provider, new Pause(now, 0, false));
    var during = before.until.isAfter(now);
    var refusals = during ? before.refusals : before.refusals + 1;
    var guess = told.isEmpty() ? doubled(refusals - 1) : refusals > 1 ? doubled(refusals - 2) : LEAST;
    var wait = told.filter(t -> t.compareTo(guess) > 0).orElse(guess);
    var until = now.plus(wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
    var longer = during && before.until.isAfter(until) ? before.until : until;
    pauses.put(provider, new Pause(longer, refusals, true));
    return longer;
  }

  private static Duration doubled(int times) {
    var wait = FIRST.multipliedBy(1L << Math.min(times, 10));
    return wait.compareTo(MOST) > 0 ? MOST : wait;
  }

  /** The provider has done a task: what it refused before is forgotten. A pause goes on, since that task may have begun long ago. */
  public synchronized void served(String provider) {
    pauses.computeIfPresent(provider, (name, pause) -> pause.until.isAfter(time.now()) ? pause : null);
  }

  /** The providers that are left alone now, and until when. */
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

  /** Whether a pause has ended since this was asked last. */
  public synchronized boolean ended() {
    var now = time.now();
    var ended = pauses.values().stream().anyMatch(pause -> pause.open && !pause.until.isAfter(now));
    if (ended) {
      pauses.replaceAll((provider, pause) -> pause.until.isAfter(now) ? pause : new Pause(pause.until, pause.refusals, false));
    }
    return ended;
  }
}
