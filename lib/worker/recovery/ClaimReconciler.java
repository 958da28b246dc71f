package lib.worker.recovery;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessTree;
import lib.core.Clock;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.Report;
import lib.wire.Retry;
import lib.wire.Task;
import lib.wire.TaskStatus;
import lib.worker.context.WorkerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out about attempts of an earlier start that were intended but may have been claimed or not: the server is asked until it
 * says. A task that is ours is gone on with; what went elsewhere is forgotten. Until then the task is not taken anew. Also
 * those attempts come here of which only their folder is left. Several tasks are asked about at once, the attempts at one in
 * their order. Run it on a virtual thread and interrupt that thread to end it.
 */
public final class ClaimReconciler implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimReconciler.class);
  private static final int AT_ONCE = 8; // each waits for the server and the disk in turn; more would only crowd what is delivered

  private final Client client;
  private final Journal journal;
  private final WorkerIdentity identity;
  private final boolean ours;
  private final Consumer<Attempt> adopt;
  private final Runnable settled;
  private final Clock time;
  private final RandomGenerator random;
  private final Map<String, Queue<Attempt>> left = new LinkedHashMap<>(); // each queue is one thread's at a time
  private final Queue<Queue<Attempt>> turns = new ConcurrentLinkedQueue<>();
  private final Set<String> tasks = ConcurrentHashMap.newKeySet();

  /**
   * Settles nothing yet.
   *
   * @param ours whether it is our own server, which numbers claims and repeats the number to their owner
   * @param adopt goes on with an attempt that turns out to be claimed; any thread
   * @param settled told after each; any thread
   */
  public ClaimReconciler(Client client, Journal journal, WorkerIdentity identity, boolean ours, Consumer<Attempt> adopt, Runnable settled, Clock time,
      RandomGenerator random) {
    this.client = client;
    this.journal = journal;
    this.identity = identity;
    this.ours = ours;
    this.adopt = adopt;
    this.settled = settled;
    this.time = time;
    this.random = random;
  }

  /** Adds an intent; before it runs. */
  public void add(Attempt intent) {
    left.computeIfAbsent(intent.taskId(), task -> {
      var attempts = new ArrayDeque<Attempt>();
      turns.add(attempts);
      return attempts;
    }).add(intent);
    tasks.add(intent.taskId());
  }

  /** The tasks that are not to be taken yet. */
  public Set<String> tasks() {
    return tasks;
  }

  /**
   * Enters attempts that only their folders know: the journal was made anew, or is an older copy of itself. The fence is not among
   * what the folder keeps, since the folder is older than the claim: so they are settled as intents are.
   */
  public static void find(Journal journal, WorkerIdentity identity) throws StoreFailed, InterruptedException {
    var found = 0;
    try {
      var known = journal.retentionRows().stream()
          .map(age -> AttemptDirectory.of(identity.stateDir(), age.taskId(), age.n())).collect(Collectors.toSet());
      for (var folder : AttemptDirectory.all(identity.stateDir())) {
        var attempt = known.contains(folder) ? Optional.<Attempt>empty() : read(folder);
        if (attempt.isPresent() && folder.equals(folder(identity, attempt.get())) && journal.insertRecovered(attempt.get())) {
          found++;
        }
      }
    } catch (IOException e) {
      LOG.error("the attempts' folders cannot all be listed: {}", e.getMessage());
    }
    if (found > 0) {
      LOG.warn("{} attempts that the journal does not know were found in their folders", found);
    }
  }

  private static Optional<Attempt> read(AttemptDirectory folder) {
    try {
      return folder.attempt().flatMap(Attempt::read);
    } catch (IOException e) {
      LOG.error("the attempt in {} cannot be read: {}", folder.path(), e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public void run() {
    Callable<Void> turn = () -> {
      settleAll();
      return null;
    };
    try (var threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("settling ", 1).factory())) {
      for (var ended : threads.invokeAll(Collections.nCopies(Math.min(AT_ONCE, turns.size()), turn))) {
        ended.get();
      }
    } catch (InterruptedException e) {
      LOG.debug("settling ends");
    } catch (ExecutionException e) { // what was not settled has its turn when this begins anew
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Settles task by task until none is left that no other thread has. */
  private void settleAll() throws InterruptedException {
    var failures = 0;
    for (var attempts = turns.poll(); attempts != null; attempts = turns.poll()) {
      var intent = attempts.peek();
      var pause = Duration.ZERO;
      try {
        settle(intent);
        attempts.remove();
        failures = 0;
        if (attempts.isEmpty()) {
          tasks.remove(intent.taskId());
        }
        settled.run();
      } catch (CallFailed e) {
        logRetry(intent, ++failures, e.getMessage());
        pause = (e.kind() == CallFailed.Kind.DENIED ? Retry.DENIED : Retry.DELIVER).delay(failures, e.retryAfter(), random);
      } catch (StoreFailed | IOException e) {
        logRetry(intent, ++failures, e.getMessage());
        pause = Retry.DELIVER.delay(failures, Duration.ZERO, random);
      } finally {
        if (!attempts.isEmpty()) {
          turns.add(attempts); // behind the others, which shall not wait for it
        }
      }
      time.sleep(pause);
    }
  }

  private static void logRetry(Attempt intent, int failures, String why) {
    if (failures == 1) {
      LOG.warn("task={} whether it is ours is not known yet, asking on: {}", intent.taskId(), why);
    }
  }

  private void settle(Attempt intent) throws CallFailed, StoreFailed, IOException, InterruptedException {
    var folder = folder(identity, intent);
    Task now;
    try {
      now = client.task(intent.taskId());
    } catch (CallFailed e) {
      if (e.kind() != CallFailed.Kind.MISSING) {
        throw e;
      }
      abandon(intent, folder, "the server does not know it");
      return;
    }
    if (journal.next(intent.taskId()) != intent.n() + 1) {
      abandon(intent, folder, "a later attempt at it is known");
    } else if (isOurs(now) || now.status() == TaskStatus.PENDING && folder.supervisor().isPresent()) {
      claimAgain(intent, folder, isOurs(now));
    } else {
      if (!ours && now.status() == TaskStatus.PENDING) {
        // such a server may have noted our claim beside the task, which keeps all others off it
        client.release(new Report(intent.taskId(), intent.workerId(), TaskStatus.PENDING, null, null, null, 0));
      }
      abandon(intent, folder, "it is " + now.status().word());
    }
  }

  /** Whether it runs and is ours. Some servers only name the worker in their lists. */
  private boolean isOurs(Task now) throws CallFailed, InterruptedException {
    if (now.status() != TaskStatus.RUNNING) {
      return false;
    }
    return now.workerId() != null ? now.workerId().equals(identity.workerId())
        : client.tasks(new Client.Query(TaskStatus.RUNNING, null, identity.workerId(), null)).stream()
            .anyMatch(task -> task.id().equals(now.id()) && identity.workerId().equals(task.workerId()));
  }

  /**
   * Our own server repeats the claim's number to its owner. Others have none, and on some of them a repeated claim changes the task:
   * there what the task says of its worker must do, and a claim is only made for an agent that lives and lost its place.
   */
  private void claimAgain(Attempt intent, AttemptDirectory folder, boolean have)
      throws CallFailed, StoreFailed, IOException, InterruptedException {
    var claim = have && !ours ? new Claim.Won(0, Duration.ZERO, 0) : client.claim(intent.taskId(), intent.workerId());
    switch (claim) {
      case Claim.Won won -> {
        var owed = have ? List.<Report>of()
            : List.of(Report.running(intent.taskId(), intent.workerId(), null, won.attempt()));
        LOG.info("task={} an earlier start has claimed it; its agent {}", intent.taskId(), folder.wasStarted() ? "began" : "never began");
        adopt.accept(journal.claimed(intent, won.attempt(), won.lease().toSeconds(), owed, time.now()).attempt());
      }
      case Claim.Lost lost -> abandon(intent, folder, lost.why());
    }
  }

  /** It is not ours. What was only made ready leaves no trace; an agent of it that still lives must not go on. */
  private void abandon(Attempt intent, AttemptDirectory folder, String why) throws StoreFailed, IOException, InterruptedException {
    LOG.info("task={} an earlier start has not claimed it, or does not have it any more: {}", intent.taskId(), why);
    if (!folder.wasStarted()) {
      folder.clear();
      journal.deleteIntent(intent);
      return;
    }
    new ProcessTree(folder, folder.supervisor().map(ProcessHandle::pid).orElse(0L), time).end();
    journal.over(intent, Json.write(Json.object().put("reason", "superseded").put("error", why)), time.now());
  }

  private static AttemptDirectory folder(WorkerIdentity identity, Attempt attempt) {
    return AttemptDirectory.of(identity.stateDir(), attempt.taskId(), attempt.n());
  }
}
