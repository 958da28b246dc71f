package lib.worker.attempt;

import module java.base;
import lib.agent.output.OutputAnalyzer.Findings;
import lib.agent.process.AttemptDirectory;
import lib.worker.admission.StopRequest;

/**
 * How an agent ended, as it was seen.
 *
 * @param output what it said
 * @param exit its exit; null when it vanished without one
 * @param stop the request that ended it; null when it ended by itself
 * @param hadResult whether it had stated its result before it was ended
 * @param took how long it ran
 * @param budget the longest that it might run
 */
public record AgentEnding(Findings output, AttemptDirectory.Exit exit, StopRequest stop, boolean hadResult, Duration took,
    Duration budget) {}
