package lib.worker.attempt;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.agent.process.AttemptDirectory;

/**
 * An agent that was started, by this process or an earlier one.
 *
 * @param process its supervisor, when this process started it; else null
 * @param supervisor its supervisor; null when that has ended
 * @param budget the longest that the agent may run
 * @param spent how much of the budget is used up
 * @param launch what it was started with; null when an earlier process started it
 */
record AgentHandle(AttemptDirectory directory, Process process, ProcessHandle supervisor, Duration budget, Duration spent,
    Adapter.LaunchSpec launch) {

  /** Whether it resumes a session, so that it can be started once more without. */
  boolean resumes() {
    return launch != null && launch.session() != null;
  }
}
