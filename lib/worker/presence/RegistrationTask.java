package lib.worker.presence;

import module java.base;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.config.Codebase;
import lib.core.Json;
import lib.protocol.CodebaseInfo;
import lib.protocol.Task;
import lib.store.DatabaseException;
import lib.worker.admission.Codebases;
import lib.worker.context.WorkerContext;

/** Does the tasks by which a server has this worker register a folder. Immutable. */
public record RegistrationTask(WorkerContext context, Codebases codebases, Registrar registrar) {

  /** How it ended. @param text the result, or why it was refused */
  public record Result(boolean ok, String text) {}

  /** Why this worker does not register the folder: it is not here, or not allowed. Empty when it does, and for all other tasks. */
  public Optional<String> refusal(Task task) {
    if (!task.registration()) {
      return Optional.empty();
    }
    var path = Json.text(task.metadata(), "path");
    var host = context.identity().host();
    try {
      if (path == null || !path.startsWith("/")) {
        return Optional.of("the task names no absolute path in metadata.path");
      }
      if (!Files.isDirectory(Path.of(path))) {
        return Optional.of(path + " is not a folder on " + host);
      }
      return codebases.allowed(Path.of(path)) ? Optional.empty()
          : Optional.of(path + " is not below a folder that " + host + " allows (codebase_roots)");
    } catch (IOException | InvalidPathException e) {
      return Optional.of(path + " cannot be looked at on " + host + ": " + e.getMessage());
    }
  }

  /**
   * Registers the folder and keeps it for the next start.
   *
   * @throws DatabaseException when it cannot be kept
   */
  public Result register(Task task) throws DatabaseException, InterruptedException {
    var refusal = refusal(task);
    if (refusal.isPresent()) {
      return new Result(false, refusal.get());
    }
    Path path;
    try { // the very folder that was looked at: a link in its name may lead elsewhere later
      path = Path.of(Json.text(task.metadata(), "path")).toRealPath();
    } catch (IOException e) {
      return new Result(false, "the folder cannot be looked at on " + context.identity().host() + ": " + e.getMessage());
    }
    var name = Json.text(task.metadata(), "name");
    var description = Json.text(task.metadata(), "description");
    var codebase = new Codebase(name == null ? path.getFileName().toString() : name, path, description == null ? "" : description);
    try {
      var id = RetryPolicy.COMMAND.run(() -> context.client().registerCodebase(codebase.name(), path.toString(), codebase.description(), context.workerId()),
          context.clock(), context.random()).id();
      context.journal().saveCodebase(context.server().features().key(), new CodebaseInfo(id, codebase.name(), path.toString(), context.workerId()),
          codebase.description(), context.clock().now());
      registrar.add(codebase, id);
      return new Result(true, "Codebase registered successfully with ID: " + id);
    } catch (ApiException e) {
      return new Result(false, "the server did not take the registration of " + path + ": " + e.getMessage());
    }
  }
}
