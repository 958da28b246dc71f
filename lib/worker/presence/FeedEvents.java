package lib.worker.presence;

import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;

/** Has the feeds follow what happens in the worker, from its creation on. */
public final class FeedEvents {
  private final WorkerContext context;
  private final Inbox inbox;
  private final PollFeed poll;
  private final StreamFeed stream;

  public FeedEvents(WorkerContext context, Inbox inbox, PollFeed poll, StreamFeed stream) {
    this.context = context;
    this.inbox = inbox;
    this.poll = poll;
    this.stream = stream;
    context.events().subscribe(this::react);
  }

  private void react(WorkerEvent event) {
    switch (event) {
      // while a claim is held, other servers push nothing, and they push a task to no worker that has just given it back
      case WorkerEvent.TaskClaimed claimed -> pollOther();
      case WorkerEvent.AttemptSettled settled -> pollOther();
      case WorkerEvent.AttemptEnded ended -> poll.pollNow();
      case WorkerEvent.UsageLimitEnded ended -> poll.pollNow(); // a server announces a task to no worker that gave it back
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

  private void pollOther() {
    context.server().known().filter(server -> !server.isOwn()).ifPresent(server -> poll.pollNow());
  }

  private void offerChanged() {
    inbox.clearSuppressed();
    poll.pollNow();
    Thread.ofVirtual().name("routing").start(stream::updateRouting);
  }
}
