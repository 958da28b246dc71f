package lib.worker.admission;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The worker's state as admission sees it, at one moment.
 *
 * @param folders codebase id to folder, for what we offer
 * @param barred codebase id to why it may not be worked in, for what we offer and should not
 * @param busyLanes folders in which an agent works now, links resolved
 * @param freeSlots how many more tasks may start
 * @param holds what keeps every task back
 * @param owing tasks whose earlier report has not reached the server
 * @param limits providers whose usage limit is reached, and until when
 */
public record WorkerSnapshot(String workerId, String agentName, List<String> capabilities, Map<String, Path> folders, Map<String, String> barred,
    Set<Path> busyLanes, int freeSlots, HoldReasons holds, Set<String> owing, Map<String, Instant> limits) {}
