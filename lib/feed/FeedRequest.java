package lib.feed;

import java.util.List;

/**
 * What we tell a server when we ask for tasks.
 *
 * @param agentName the role that tasks can be addressed to
 * @param codebaseIds what is known now; the word {@code global} stands for tasks without a codebase
 * @param slots how many tasks run at once
 */
public record FeedRequest(String workerId, String agentName, List<String> codebaseIds, List<String> capabilities, int slots) {}
