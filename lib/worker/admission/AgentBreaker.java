package lib.worker.admission;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import lib.agent.AgentProbe;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a broken agent CLI from burning the whole queue: after three tasks in a row at which it failed at once and said
 * nothing, it gets no more until a probe of it works. After that one such failure is enough to have it back here, for
 * twice as long. Thread-safe; run it on a thread of its own and interrupt that thread to end it.
 */
public final class AgentBreaker implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentBreaker.class);
  private static final int FAILURES = 3; // one is a bad task, two are bad luck
  /** A real agent takes 1 to 9 s to start; one that has done something takes longer or has said something. */
  private static final Duration FAST = Duration.ofSeconds(10);
  private static final Duration FIRST = Duration.ofMinutes(1); // somebody who repairs it does not wait for long
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final Set<String> TELLING = Set.of("agent-error", "empty-result"); // not what a person or a provider did

  private final Function<Path, AgentProbe> probe;
  private final Runnable onRecovered;
  private final Clock time;
  private Path agent;
  private int failures;
  private Duration wait = FIRST;
  private String why; // null while it is not shut in
  private long until;

  /**
   * A quarantine with nobody in it.
   *
   * @param probe tries an agent CLI
   * @param lifted told when an agent may work again
   */
  public AgentBreaker(Function<Path, AgentProbe> probe, Runnable lifted, Clock time) {
    this.probe = probe;
    this.onRecovered = lifted;
    this.time = time;
  }

  /**
   * How an agent's task ended.
   *
   * @param reason the verdict's reason; null for a success
   * @param hasResult whether the agent produced text
   * @param error the verdict's error; null for a success
   */
  public record Ended(Duration took, String reason, boolean hasResult, String error) {}

  /** Records how an agent's task ended. */
  public synchronized void ended(Path program, Ended ended) {
    if (!program.equals(agent)) {
      agent = program;
      close();
    }
    var fast = ended.took().compareTo(FAST) < 0 && !ended.hasResult();
    if (ended.reason() != null && !TELLING.contains(ended.reason())) {
      return;
    }
    if (!fast || ended.reason() == null) {
      if (why == null) {
        close(); // it works, or has got somewhere before it failed
      }
      return;
    }
    failures++;
    if (why == null && failures >= FAILURES) {
      why = agent + " failed at once at " + (failures == FAILURES ? FAILURES + " tasks in a row" : "the first task after its probe")
          + ", the last time with: " + ended.error().lines().findFirst().orElse("");
      until = time.nanos() + wait.toNanos();
      LOG.error("agent {} is in quarantine, tasks wait: {}; mend it, it is tried again by itself", agent, why);
      notifyAll();
    }
  }

  /** Why this agent gets no task; null when it may have some. */
  public synchronized String why(Path program) {
    return program.equals(agent) ? why : null;
  }

  /** How long until the next probe; zero when nobody is shut in. */
  public synchronized Duration retryIn() {
    return why == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, until - time.nanos()));
  }

  @Override
  public void run() {
    try {
      while (true) {
        var shutIn = awaitNext();
        var found = probe.apply(shutIn);
        if (probed(shutIn, found)) {
          onRecovered.run();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("quarantine ends");
    }
  }

  /** Waits until an agent is due for a probe. */
  private Path awaitNext() throws InterruptedException {
    while (true) {
      Duration left;
      synchronized (this) {
        while (why == null) {
          wait();
        }
        if (until <= time.nanos()) {
          return agent;
        }
        left = retryIn();
      }
      time.sleep(left);
    }
  }

  /** Takes what a probe has told; true when that sets the agent free. It tells nothing of another one that works by now. */
  private synchronized boolean probed(Path shutIn, AgentProbe found) {
    if (why == null || !shutIn.equals(agent)) {
      return false;
    }
    wait = longer();
    if (found.works()) {
      LOG.info("agent {} answers again ({}), tasks are taken", agent, found.said());
      why = null;
      failures = FAILURES; // the next such failure is one too many
      return true;
    }
    why = agent + " does not work: " + found.said();
    until = time.nanos() + wait.toNanos();
    LOG.warn("agent {} stays in quarantine, next try in {} s: {}", agent, wait.toSeconds(), found.said());
    return false;
  }

  private Duration longer() {
    return wait.compareTo(LONGEST.dividedBy(2)) > 0 ? LONGEST : wait.multipliedBy(2);
  }

  private void close() {
    failures = 0;
    wait = FIRST;
    why = null;
  }
}
