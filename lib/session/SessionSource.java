package lib.session;

import module java.base;

/** Sessions that are read from one form of storage. It is only read, also while its CLI writes it. For one thread at a time. */
public interface SessionSource {

  /**
   * Sessions except those of sub-agents, in no order. Files of another form are skipped; half-written ones are read at the next
   * call.
   *
   * @param id the one to read, which can be part of a path; null for all
   * @throws IOException when the source as a whole cannot be read now
   */
  List<Session> sessions(String id) throws IOException;

  /**
   * The newest messages of a session, oldest first; none when the session does not exist any more.
   *
   * @param max how many at most, not 0
   */
  List<Message> messages(Session session, int max) throws IOException;

  /** Ends a pass: deletes what was copied, so that the next call sees the source as it is then. */
  default void release() throws IOException {}
}
