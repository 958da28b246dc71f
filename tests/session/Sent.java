package tests.session;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lib.client.ApiClient;
import lib.client.SyncCalls;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.config.Codebase;
import lib.core.Environment;
import lib.core.Json;
import lib.session.Pass;
import lib.session.Places;
import lib.session.SessionStore;
import lib.session.Sync;
import tests.FakeTime;
import tests.fake.FakeServer;
import tests.fake.Request;

/** A machine with two folders that are the codebases {@code a} and {@code b}, and a server that is told of its sessions. */
final class Sent implements AutoCloseable {
  static final Path A = Path.of("/code/a");
  static final Path B = Path.of("/code/b");
  private static final String ROUTE = "/v1/agent/codebases/*/sessions/*sync";

  final MadeStore store = new MadeStore("opencode");
  final FakeTime time = new FakeTime();
  final Map<String, Path> codebases = new LinkedHashMap<>(Map.of("a", A));
  final List<String> registered = new ArrayList<>();
  final FakeServer server;
  /** What a codebase is called after it was registered anew; null when it is not registered. */
  String renamed = "a";
  /** The codebase for sessions of no other; null for none. */
  String global;
  private int seen;
  private Sync sync;

  Sent() throws IOException {
    server = FakeServer.start(FakeServer.Version.V16);
    begin(true, 3, 100);
  }

  /** Starts from nothing, for our own server or another one. */
  Sent begin(boolean ours, int sessions, int messages, SessionStore... more) {
    return begin(server.url(), ours, new Sync.Most(sessions, messages), text -> text, more);
  }

  Sent begin(URI url, boolean ours, Sync.Most most, UnaryOperator<String> mask, SessionStore... more) {
    var client = new ApiClient(new ServerAddress(url, null, null, new Environment(Map.of(), A, A, "host")), Duration.ofSeconds(5));
    var stores = new ArrayList<SessionStore>(List.of(store));
    stores.addAll(List.of(more));
    sync = new Sync(stores, SyncCalls.of(client), "w", ours, this::places, this::register, mask, most, time);
    return this;
  }

  private Places places() {
    var all = new LinkedHashMap<String, Codebase>();
    codebases.forEach((id, folder) -> all.put(id, new Codebase(id, folder, "")));
    return new Places(all, global);
  }

  private String register(String id) {
    registered.add(id);
    return renamed;
  }

  Pass pass() throws ApiException, InterruptedException {
    return sync.pass();
  }

  long live(String session) throws ApiException, InterruptedException {
    return sync.live(session);
  }

  void forget() {
    sync.forget();
  }

  /** The requests since the last look, each in a line: the codebase, then what is in it. */
  List<String> sent() {
    var all = server.requests("POST", ROUTE);
    var news = all.subList(seen, all.size()).stream().map(Sent::line).toList();
    seen = all.size();
    return news;
  }

  /** The requests themselves. */
  List<Request> requests() {
    return server.requests("POST", ROUTE);
  }

  private static String line(Request request) {
    var path = request.path().split("/");
    var body = request.json();
    if (path.length > 7) {
      return path[4] + " " + path[6] + ":" + texts(body.path("messages"));
    }
    var line = new StringBuilder(path[4]).append(body.path("partial").asBoolean() ? " changed" : " all");
    body.path("sessions").forEach(s -> line.append(' ').append(s.path("id").asText()));
    body.path("removed").forEach(id -> line.append(" -").append(id.asText()));
    body.path("messages").properties().forEach(m -> line.append(' ').append(m.getKey()).append(':').append(texts(m.getValue())));
    return line.toString();
  }

  private static String texts(Iterable<com.fasterxml.jackson.databind.JsonNode> messages) {
    var texts = new ArrayList<String>();
    messages.forEach(m -> texts.add(String.valueOf(Json.text(m.path("parts").path(0), "text"))));
    return String.join(",", texts);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
