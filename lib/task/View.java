package lib.task;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The worker's state as admission sees it, at one moment.
 *
 * @param folders codebase id to folder, for what we offer
 * @param busyLanes folders in which an agent works now, links resolved
 * @param freeSlots how many more tasks may start
 * @param closed why no task is taken at all; null while tasks are taken
 * @param noAgent why no agent can run; null when one can
 * @param owing tasks whose earlier report has not reached the server
 * @param limits providers whose usage limit is reached, and until when
 */
public record View(String workerId, String agentName, List<String> capabilities, Map<String, Path> folders, Set<Path> busyLanes,
    int freeSlots, String closed, String noAgent, Set<String> owing, Map<String, Instant> limits) {}
