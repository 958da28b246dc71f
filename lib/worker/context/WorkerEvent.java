package lib.worker.context;

import module java.base;
import lib.journal.Attempt;
import lib.protocol.TaskStatus;

/** Something that happened in the worker and that several parts react to. Immutable. */
public sealed interface WorkerEvent {

  /** The server gave this worker a task. */
  record TaskClaimed(Attempt attempt) implements WorkerEvent {}

  /** The agent of an attempt was started. */
  record AgentStarted(Attempt attempt) implements WorkerEvent {}

  /** The agent named the session that it works in. */
  record SessionFound(Attempt attempt, String sessionId) implements WorkerEvent {}

  /**
   * An attempt has its verdict, which is on record.
   *
   * @param reason the verdict's reason word; null for none
   * @param took how long the agent ran
   */
  record AttemptEnded(Attempt attempt, TaskStatus status, String reason, Duration took) implements WorkerEvent {}

  /** The server has taken or refused every report of an attempt. */
  record AttemptSettled(Attempt attempt) implements WorkerEvent {}

  /** The server confirms that an attempt of an earlier process is ours. */
  record ClaimConfirmed(Attempt attempt) implements WorkerEvent {}

  /** It is known what became of the claims that an earlier process left open for a task. */
  record ClaimResolved(String taskId) implements WorkerEvent {}

  /** The server wants a running task stopped. @param reason its own words; may be null */
  record StopOrdered(String taskId, String reason) implements WorkerEvent {}

  /** The server announced a task that runs here: it may have been queued again. */
  record RunningTaskAnnounced(String taskId) implements WorkerEvent {}

  /** A rule keeps all tasks back from now on. */
  record HoldPlaced(String rule, String why) implements WorkerEvent {}

  /** A rule keeps no task back any more. */
  record HoldCleared(String rule) implements WorkerEvent {}

  /** The server does not know this worker any more. */
  record ServerForgotWorker() implements WorkerEvent {}

  /** The set of codebases that the server has of this worker has changed. */
  record CodebasesChanged() implements WorkerEvent {}

  /** The settings were read again. @param restart keys that act after a restart */
  record SettingsReloaded(List<String> changed, List<String> restart) implements WorkerEvent {}

  /** The worker was asked to stop. @param stage {@code draining}, {@code cancelling}, {@code detaching} */
  record StopAsked(String stage, String text) implements WorkerEvent {}
}
