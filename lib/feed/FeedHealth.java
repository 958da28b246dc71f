package lib.feed;

import java.time.Duration;

/**
 * How a feed does.
 *
 * @param since for how long it has been so
 */
public record FeedHealth(boolean up, Duration since) {}
