package lib.session;

/** Counts what is sent of one codebase. For one thread. */
final class Tally {
  private final String codebaseId;
  private final int sessions;
  private int changed;
  private int removed;
  private int leftOut;
  private int messages;
  private int requests;
  private long bytes;

  Tally(String codebaseId, int sessions) {
    this.codebaseId = codebaseId;
    this.sessions = sessions;
  }

  void changed(int more) {
    changed += more;
  }

  void removed(int more) {
    removed += more;
  }

  void leftOut(int some) {
    leftOut = some;
  }

  /** A request went out and was taken. */
  void sent(int messagesInIt, long bytesOfIt) {
    messages += messagesInIt;
    bytes += bytesOfIt;
    requests++;
  }

  long bytes() {
    return bytes;
  }

  Pass.Line line(String problem) {
    return new Pass.Line(codebaseId, sessions, changed, removed, leftOut, messages, requests, bytes, problem);
  }
}
