///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import module java.base;
import lib.agent.CredentialFiles;
import lib.cli.DataCommand;
import lib.cli.Logging;
import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.config.Codebase;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.CodebaseInfo;
import lib.protocol.Task;
import lib.redaction.Secrets;
import lib.session.CodebaseMatcher;
import lib.session.sync.SessionStores;
import lib.session.sync.SessionSync;
import lib.session.sync.SessionUploader;
import lib.session.sync.SyncResult;
import lib.worker.context.WorkerIdentity;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** {@code sync}: uploads the agents' sessions on this machine once, as a running worker does all the time. */
@CommandLine.Command(name = "sync", description = "Upload the agents' sessions on this machine once, as a running worker does "
    + "by itself; exit 1 when something could not be read or was not taken.",
    footer = "%nIt registers nothing: a worker of this name must have run here. It masks secrets in what it sends, as the worker does.%n%n"
        + "Example: worker sync --dry-run")
public final class sync extends DataCommand {
  private static final String REGISTERING = "start the worker (run), or only register its codebases: register";

  @Option(names = "--codebase", paramLabel = "ID|NAME", description = "only the sessions of this codebase (default: of all that the "
      + "worker has)")
  private String codebase;

  @Option(names = "--dry-run", description = "send nothing, and say what would be sent")
  private boolean dryRun;

  public sync() {
    super(Use.CONNECT, Use.SYNC);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var settings = settings();
    var client = client(server(settings));
    var workerId = workerId(settings);
    var known = ask(client, client::codebases).stream().filter(c -> workerId.equals(c.workerId()) && isPath(c.path())).toList();
    if (known.isEmpty()) {
      throw new Problem("the server has no codebase of worker " + workerId, client.server() + " never got one, or has forgotten them",
          REGISTERING);
    }
    if (codebase == null) {
      warnOfUnknown(settings.get(SettingsTable.CODEBASES), known);
    }
    var matcher = matcher(settings, known);
    var secrets = Secrets.of(settings);
    CredentialFiles.addTo(secrets, settings.env())
        .forEach(file -> io.warn("secrets in an agent's login file are not known and not masked: " + file));
    var redaction = Logging.start(settings, secrets, "error", io); // what goes wrong with a store or a codebase is this command's own to say
    var folders = known.stream().map(sync::codebase).toList();
    var stores = new SessionStores(settings, () -> folders);
    var uploader = new SessionUploader(dryRun ? (codebaseId, sessionId, body) -> {} : client.sessions()::upload, workerId, redaction::mask);
    var sync = new SessionSync(stores::all, uploader, () -> matcher, this::refused, SessionSync.Limits.of(settings), Clock.SYSTEM);
    var result = ask(client, sync::run);
    print(workerId, known, result);
    return (result.problem() == null ? Problem.Exit.DONE : Problem.Exit.PROBLEM).code;
  }

  private void warnOfUnknown(List<Codebase> named, List<CodebaseInfo> known) {
    for (var one : named) {
      if (known.stream().noneMatch(c -> c.path().equals(one.path().toString()))) {
        io.warn("codebase " + one.name() + " (" + one.path() + ") is not registered, its sessions are not sent as its own: " + REGISTERING);
      }
    }
  }

  /** Whatever a server says. */
  private static boolean isPath(String path) {
    return path != null && path.startsWith("/") && path.indexOf('\0') < 0;
  }

  /** Only warns, where a worker would register the codebase again. */
  private String refused(String codebaseId) {
    io.warn("the server does not take the sessions of codebase " + codebaseId + "; if it has forgotten it: " + REGISTERING);
    return null;
  }

  private static String workerId(Settings settings) throws IOException {
    var given = settings.get(SettingsTable.WORKER_ID);
    var stateDir = StateDirectory.of(settings);
    return given != null ? given : WorkerIdentity.kept(stateDir).orElseThrow(() -> new Problem("no worker has run here yet",
        stateDir + " holds no worker id", "start one, or name the one that has: --name NAME"));
  }

  private CodebaseMatcher matcher(Settings settings, List<CodebaseInfo> known) {
    var byId = new LinkedHashMap<String, Codebase>();
    String global = null;
    for (var one : known) {
      if (Task.GLOBAL.equals(one.name()) && Path.of(one.path()).equals(settings.env().home())) {
        global = one.id();
      } else {
        byId.put(one.id(), codebase(one));
      }
    }
    var all = new CodebaseMatcher(byId, global);
    if (codebase == null) {
      return all;
    }
    var named = known.stream().filter(c -> codebase.equals(c.id()) || codebase.equals(c.name())).map(CodebaseInfo::id).toList();
    if (named.isEmpty()) {
      throw new Problem("the worker has no codebase " + (codebase.isBlank() ? "''" : codebase), "the server knows of it "
          + String.join(", ", known.stream().map(c -> c.id() + " (" + c.name() + ")").toList()),
          "name one of them or leave --codebase out; for another one, " + REGISTERING);
    }
    return all.only(named);
  }

  private static Codebase codebase(CodebaseInfo remote) {
    return new Codebase(remote.name() == null ? remote.id() : remote.name(), Path.of(remote.path()), "");
  }

  private void print(String workerId, List<CodebaseInfo> known, SyncResult result) {
    var names = new HashMap<String, String>();
    known.forEach(c -> names.put(c.id(), c.name()));
    if (json) {
      var printed = Json.object().put("worker_id", workerId).put("dry_run", dryRun).put("problem", result.readProblem());
      var list = printed.putArray("codebases");
      result.lines().forEach(line -> list.addObject().put("id", line.codebaseId()).put("name", names.get(line.codebaseId()))
          .put("sessions", line.sessions()).put("left_out", line.leftOut()).put("messages", line.messages())
          .put("requests", line.requests()).put("bytes", line.bytes()).put("problem", line.problem()));
      print(Json.pretty(printed));
    } else {
      if (result.sessions() == 0 && result.readProblem() == null) {
        io.say("no agent has a session in these codebases\n");
      }
      print(TextTable.of(io, List.of("CODEBASE", "NAME", "SESSIONS", "MESSAGES", "REQUESTS", "BYTES"), result.lines().stream()
          .map(line -> List.of(line.codebaseId(), String.valueOf(names.get(line.codebaseId())), "" + line.sessions(),
              "" + line.messages(), "" + line.requests(), "" + line.bytes())).toList()));
    }
    result.lines().stream().filter(line -> line.leftOut() > 0).forEach(line -> io.warn("codebase " + line.codebaseId() + ": the list "
        + "leaves out the oldest " + line.leftOut() + " sessions"));
    if (result.problem() != null) {
      io.warn(result.problem());
    }
  }

  public static void main(String[] args) {
    System.exit(new sync().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
