package lib.worker;

import java.util.Optional;
import lib.config.LiveSettings;

/** The process that the socket speaks for: it is a worker once its server has answered for the first time, or
 * before that when there is something of an earlier process to go on with. Thread-safe. */
public interface Served {

  /** The worker; empty before that. */
  Optional<Worker> worker();

  /** Why the server has not answered yet, for people; empty when it has just been asked. */
  String trouble();

  /** Ends it, as one TERM does. */
  void stop();

  /** Reads the settings anew and hands them to the worker, which must be there. */
  LiveSettings.Reloaded reload();
}
