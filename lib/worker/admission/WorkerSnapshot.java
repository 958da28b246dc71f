package lib.worker.admission;

import module java.base;
import lib.worker.context.WorkerIdentity;

/**
 * The worker's state at one moment, as admission needs it. Made from memory alone. Immutable.
 *
 * @param codebases the offered codebases by their ids
 * @param holders directories in which an agent works, links resolved, and who holds them, for people
 * @param freeSlots how many more tasks may start
 * @param holds what keeps tasks back: rule to reason
 * @param pendingReports tasks with a report that the server has not taken yet
 * @param limits providers whose usage limit is reached, and until when
 */
public record WorkerSnapshot(WorkerIdentity identity, Map<String, Codebases.Offered> codebases, Map<Path, String> holders, int freeSlots,
    Map<String, String> holds, Set<String> pendingReports, Map<String, Instant> limits) {}
