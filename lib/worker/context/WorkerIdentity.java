package lib.worker.context;

import module java.base;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Problem;
import lib.store.DurableFiles;

/**
 * Who this worker is.
 *
 * @param agentName the role that tasks can be addressed to
 * @param stateDir the folder that is ours alone
 */
public record WorkerIdentity(String workerId, String name, String agentName, String host, List<String> capabilities, Path stateDir) {

  private static final String FILE = "worker-id";

  /** From the settings; the id is made once and kept in the state folder, which is made when missing. */
  public static WorkerIdentity of(Settings settings) {
    var name = settings.get(SettingsTable.WORKER_NAME);
    var stateDir = StateDirectory.of(settings);
    var given = settings.get(SettingsTable.WORKER_ID);
    var agentName = settings.get(SettingsTable.AGENT_NAME);
    return new WorkerIdentity(given != null ? given : id(stateDir), name, agentName != null ? agentName : name, settings.env().host(),
        settings.get(SettingsTable.CAPABILITIES), stateDir);
  }

  /** The id kept in a state folder; empty when none was made yet. */
  public static Optional<String> kept(Path stateDir) throws IOException {
    var file = stateDir.resolve(FILE);
    return Files.exists(file) ? Optional.of(Files.readString(file).strip()).filter(id -> !id.isEmpty()) : Optional.empty();
  }

  private static String id(Path stateDir) {
    try {
      var kept = kept(stateDir);
      if (kept.isPresent()) {
        return kept.get();
      }
      DurableFiles.folder(stateDir);
      var made = UUID.randomUUID().toString().substring(0, 12); // the length that servers and their tools are used to
      DurableFiles.write(stateDir.resolve(FILE), (made + "\n").getBytes(StandardCharsets.UTF_8));
      return made;
    } catch (IOException e) {
      throw new Problem("the state folder " + stateDir + " cannot be used", String.valueOf(e),
          "let this user write there, or name another folder with --state-dir").from(e);
    }
  }
}
