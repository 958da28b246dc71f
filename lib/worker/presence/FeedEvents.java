package lib.worker.presence;

import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;

/** Has the feeds follow what happens in the worker. */
public record FeedEvents(WorkerContext context, Inbox inbox, PollFeed poll, StreamFeed stream) {

  /** Begins to follow. */
  public void subscribe() {
    context.events().subscribe(this::react);
  }

  private void react(WorkerEvent event) {
    switch (event) {
      // while a claim is held, other servers push nothing
      case WorkerEvent.TaskClaimed claimed -> context.server().known().filter(server -> !server.isOwn()).ifPresent(server -> poll.pollNow());
      case WorkerEvent.AttemptSettled settled -> poll.pollNow(); // servers push a task to no worker that has just given it back
      case WorkerEvent.AttemptEnded ended -> poll.pollNow();
      case WorkerEvent.ClaimResolved resolved -> {
        inbox.signal();
        poll.pollNow();
      }
      case WorkerEvent.HoldCleared cleared -> inbox.signal();
      case WorkerEvent.CodebasesChanged changed -> offerChanged();
      case WorkerEvent.SettingsReloaded reloaded -> offerChanged();
      default -> { }
    }
  }

  private void offerChanged() {
    inbox.clearSuppressed();
    poll.pollNow();
    Thread.ofVirtual().name("routing").start(stream::updateRouting);
  }
}
