package lib.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ServerFeatures;
import lib.core.Json;
import lib.core.Reporting;
import lib.core.Version;
import lib.worker.context.WorkerContext;

/** The status of the worker: each part writes its own section. Thread-safe. */
final class StatusReport {
  private final WorkerContext context;
  private final List<Reporting> parts;
  private final Instant startedAt;
  private final long start;

  StatusReport(WorkerContext context, List<Reporting> parts) {
    this.context = context;
    this.parts = List.copyOf(parts);
    this.startedAt = context.clock().now();
    this.start = context.clock().nanos();
  }

  /** The form of {@code docs/control.md}. */
  ObjectNode toJson(String stage) {
    var identity = context.identity();
    var json = Json.object();
    json.putObject("worker").put("id", identity.workerId()).put("name", identity.name()).put("host", identity.host())
        .put("pid", ProcessHandle.current().pid()).put("state_dir", identity.stateDir().toString())
        .put("started_at", startedAt.toString()).put("uptime_seconds", Duration.ofNanos(context.clock().nanos() - start).toSeconds());
    json.put("state", stage);
    json.putObject("server").put("url", context.client().server().toString()).put("own", context.server().known().map(ServerFeatures::isOwn).orElse(false));
    json.putObject("versions").put("worker", Version.TEXT).put("java", Runtime.version().toString());
    parts.forEach(part -> part.status(json));
    context.redaction().total().forEach(json.putObject("masked")::put);
    return json;
  }
}
