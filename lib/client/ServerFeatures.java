package lib.client;

import module java.base;

/**
 * What the server in front of us can do. Learned once from {@code GET …/status}; a server that does not name itself as
 * our own has none of these. Immutable.
 *
 * @param key our own server's id, else the address: the journal files attempts under it
 * @param isOwn whether it is the embedded server of this project
 * @param announcesWholeTasks an announcement holds all of a task, so that no reading is needed before the claim
 * @param claimSetsRunning a claim sets the status {@code running} by itself
 * @param numbersClaims each claim has a number, which a repeated claim by its owner gives again
 * @param sendsStops the heartbeat's answer names tasks to stop
 * @param filtersPolls a poll gives only tasks that the worker may take
 * @param requeuesByStatus a release as {@code pending} queues a task again
 * @param countsDeclines a worker can decline a task; declined by all, it fails
 * @param dropsRepeats output that comes twice is stored once
 * @param keepsAllOutput output is not limited to a number of chunks
 */
public record ServerFeatures(String key, boolean isOwn, boolean announcesWholeTasks, boolean claimSetsRunning, boolean numbersClaims,
    boolean sendsStops, boolean filtersPolls, boolean requeuesByStatus, boolean countsDeclines, boolean dropsRepeats,
    boolean keepsAllOutput) {

  /** The embedded server's. */
  public static ServerFeatures own(String serverId) {
    return new ServerFeatures(serverId, true, true, true, true, true, true, true, true, true, true);
  }

  /** Those of every other generation of the CodeTether server. */
  public static ServerFeatures other(URI address) {
    return new ServerFeatures(address.toString(), false, false, false, false, false, false, false, false, false, false);
  }

  /** What the server's own words give. @param info null when the server says nothing */
  public static ServerFeatures of(ApiClient.Info info, URI address) {
    return info != null && info.ours() ? own(info.serverId()) : other(address);
  }
}
