package lib.session;

import module java.base;

/** The sessions that one agent CLI keeps in one place on this machine. */
public interface SessionStore extends SessionSource {

  /** The kind of CLI, as in the setting {@code agent_kind}. */
  String kind();

  /** The file or folder, for people. */
  Path location();

  /** Whether the location exists. While it does not, its sessions are unknown. */
  default boolean exists() {
    return Files.exists(location());
  }

  /** All sessions; none before the CLI makes its store. */
  default List<Session> sessions() throws IOException {
    return sessions(null);
  }

  /** Finds a session by its id, which may be any text. */
  default Optional<Session> session(String id) throws IOException {
    return Session.isName(id) ? sessions(id).stream().filter(session -> session.id().equals(id)).findFirst() : Optional.empty();
  }
}
