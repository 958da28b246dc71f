///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import module java.base;
import lib.cli.DataCommand;
import lib.cli.output.CommandIo;
import lib.cli.output.TextTable;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.config.Setting.Use;
import lib.config.SettingsTable;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.CodebaseInfo;
import lib.protocol.Registration;
import lib.worker.context.WorkerIdentity;
import picocli.CommandLine;

/** {@code register}: tells the server of this worker and its codebases once, to see whether that works. */
@CommandLine.Command(name = "register", description = "Register this worker and its codebases once, and show their ids.",
    footer = "%nA running worker registers by itself; this is for trying it out. A worker that is not running afterwards looks dead to "
        + "the server after some minutes.%n%nExample: worker register --server https://codetether.example -b demo:~/demo")
public final class register extends DataCommand {
  public register() {
    super(Use.CONNECT, Use.OFFER);
  }

  @Override
  public Integer call() throws InterruptedException {
    var settings = settings();
    var client = client(server(settings));
    var identity = WorkerIdentity.of(settings);
    ask(client, () -> tell(client, identity, List.of()));
    var registered = new ArrayList<CodebaseInfo>();
    for (var codebase : settings.get(SettingsTable.CODEBASES)) {
      if (!Files.isDirectory(codebase.path())) {
        throw new Problem("the codebase " + codebase.name() + " cannot be registered", codebase.path() + " is not a folder here",
            "create it or correct its path");
      }
      registered.add(ask(client, () -> client.registerCodebase(codebase.name(), codebase.path().toString(), codebase.description(),
          identity.workerId())));
    }
    ask(client, () -> tell(client, identity, registered.stream().map(CodebaseInfo::id).toList()));
    if (json) {
      var result = Json.object().put("worker_id", identity.workerId()).put("name", identity.name());
      var list = result.putArray("codebases");
      registered.forEach(c -> list.addObject().put("id", c.id()).put("name", c.name()).put("path", c.path()));
      return print(Json.pretty(result));
    }
    io.err().println("worker " + identity.workerId() + " registered as " + identity.name());
    return print(TextTable.of(io, List.of("CODEBASE", "NAME", "PATH"), registered.stream().map(c -> List.of(c.id(), c.name(), c.path())).toList()));
  }

  private static Void tell(ApiClient client, WorkerIdentity identity, List<String> ids) throws ApiException, InterruptedException {
    client.register(new Registration(identity.workerId(), identity.name(), identity.capabilities(), identity.host(), ids, null));
    return null;
  }

  public static void main(String[] args) {
    System.exit(new register().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
