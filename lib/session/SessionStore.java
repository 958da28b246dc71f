package lib.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where one agent CLI keeps its sessions on this machine. Only read, and safe to read while the CLI writes: what is half
 * written is left out and read again at the next call. A store remembers what it has read, so that a call reads what has
 * changed since. For one thread at a time.
 */
public interface SessionStore {

  /** The kind of CLI, in the words of the setting {@code agent_kind}. */
  String kind();

  /** The file or folder, for people. */
  Path place();

  /** Whether it is there as a whole; if not, nothing is known of the sessions that it had. */
  default boolean there() {
    return Files.exists(place());
  }

  /**
   * All sessions but those of sub-agents, in no order; none when the CLI has not made its store yet. What is no session of
   * this kind, whatever it holds, is left out.
   *
   * @throws IOException when the store as a whole cannot be read now
   */
  List<Session> sessions() throws IOException;

  /** The session of this id, looked up without reading all others. */
  Optional<Session> session(String id) throws IOException;

  /**
   * What the messages of these sessions look like, found out without reading them: equal to an earlier answer as long as they
   * are the same. A session that is not in the answer has to be read to be sure.
   */
  Map<String, Object> stamps(List<Session> sessions) throws IOException;

  /**
   * The newest messages of a session, oldest first.
   *
   * @param most so many at most; a session that is gone has none
   */
  List<Message> messages(Session session, int most) throws IOException;
}
