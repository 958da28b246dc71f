package tests.fake;

import module java.base;

/**
 * A moment in the life of a task that a test can name. A call is {@code ASKED} when the proxy has read the request and passed
 * on nothing, {@code ANSWERED} when it has the server's answer and the worker has nothing of it, {@code RECEIVED} when the worker
 * has it. The agent's moments are files in its folders.
 */
public enum Step {
  REGISTER_ASKED, REGISTER_ANSWERED, REGISTER_RECEIVED,
  POLL_ASKED, POLL_ANSWERED, POLL_RECEIVED,
  HEARTBEAT_ASKED, HEARTBEAT_ANSWERED, HEARTBEAT_RECEIVED,
  /** The worker opens its stream; the head of the answer is there; an event with a task comes by. */
  STREAM_ASKED, STREAM_ANSWERED, STREAM_EVENT,
  CLAIM_ASKED, CLAIM_ANSWERED, CLAIM_RECEIVED,
  /** The worker says that a task runs, and in which session. */
  RUNNING_ASKED, RUNNING_ANSWERED, RUNNING_RECEIVED,
  OUTPUT_ASKED, OUTPUT_ANSWERED, OUTPUT_RECEIVED,
  /** The outcome, first as status, then as release. */
  STATUS_ASKED, STATUS_ANSWERED, STATUS_RECEIVED,
  RELEASE_ASKED, RELEASE_ANSWERED, RELEASE_RECEIVED,
  /** The supervisor has an agent ready; the agent itself has begun; its end is recorded. */
  AGENT_READY, AGENT_STARTED, AGENT_ENDED;

  /** The calls whose steps these are. */
  enum Call {
    REGISTER, POLL, HEARTBEAT, STREAM, CLAIM, RUNNING, OUTPUT, STATUS, RELEASE;

    Step asked() {
      return Step.valueOf(this + "_ASKED");
    }

    Step answered() {
      return Step.valueOf(this + "_ANSWERED");
    }

    Step received() {
      return Step.valueOf(this == STREAM ? "STREAM_EVENT" : this + "_RECEIVED");
    }

    /** Which call of a worker this is; empty for one without steps. */
    static Optional<Call> of(String method, String path, String body) {
      var line = method + " " + path.replaceAll("\\?.*", "");
      return Optional.ofNullable(line.matches("POST .*/workers/register") ? REGISTER
          : line.matches("GET .*/v1/[a-z]+/tasks") && path.contains("status=pending") ? POLL
          : line.matches("POST .*/heartbeat") ? HEARTBEAT
          : line.matches("GET .*/worker/tasks/stream") ? STREAM
          : line.matches("POST .*/tasks/claim") ? CLAIM
          : line.matches("PUT .*/status") ? body.contains("\"running\"") ? RUNNING : STATUS
          : line.matches("POST .*/tasks/[^/]+/output") ? OUTPUT
          : line.matches("POST .*/tasks/release") ? RELEASE : null);
    }
  }

  /** Whether it is the moment at which a request is seen, before the server knows of it. */
  public boolean asked() {
    return name().endsWith("_ASKED");
  }

  /** Whether it is one of the agent's own moments, which no proxy sees. */
  public boolean agents() {
    return name().startsWith("AGENT_");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
