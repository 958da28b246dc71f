package lib.session;

import module java.base;

/**
 * The sessions that one agent CLI keeps in one place on this machine. A store is only read, also while the CLI writes it:
 * half-written content is skipped and read at the next call. For one thread at a time.
 */
public interface SessionStore {

  /** The kind of CLI, as in the setting {@code agent_kind}. */
  String kind();

  /** The file or folder, for people. */
  Path location();

  /** Whether the location exists. While it does not, its sessions are unknown. */
  default boolean exists() {
    return Files.exists(location());
  }

  /**
   * All sessions except those of sub-agents, in no order; none before the CLI makes its store. Files of another form are
   * skipped.
   *
   * @throws IOException when the store as a whole cannot be read now
   */
  List<Session> sessions() throws IOException;

  /** Finds a session by its id without reading all others. */
  Optional<Session> session(String id) throws IOException;

  /**
   * The newest messages of a session, oldest first; none when the session does not exist.
   *
   * @param max how many at most
   */
  List<Message> messages(Session session, int max) throws IOException;

  /** Ends a pass: deletes what the store copied, so that the next call sees the store as it is then. */
  default void release() throws IOException {}
}
