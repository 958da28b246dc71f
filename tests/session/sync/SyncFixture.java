package tests.session.sync;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.config.Codebase;
import lib.core.Environment;
import lib.core.Json;
import lib.session.CodebaseMatcher;
import lib.session.SessionStore;
import lib.session.sync.SessionSync;
import lib.session.sync.SessionUploader;
import lib.session.sync.SyncResult;
import tests.FakeTime;
import tests.fake.FakeServer;
import tests.fake.Request;
import tests.session.MadeStore;

/** A machine with one store and the codebase {@code a}, and a server that gets its sessions. */
final class SyncFixture implements AutoCloseable {
  static final Path A = Path.of("/code/a");
  static final Path B = Path.of("/code/b");
  private static final String ROUTE = "/v1/agent/codebases/*/sessions/*sync";

  final MadeStore store = new MadeStore("opencode");
  final FakeTime time = new FakeTime();
  final Map<String, Path> codebases = new LinkedHashMap<>(Map.of("a", A));
  final List<String> registered = new ArrayList<>();
  final FakeServer server;
  /** The id of a codebase after it was registered again; null when it must not be registered. */
  String renamed = "a";
  /** The codebase for sessions of no other; null for none. */
  String global;
  UnaryOperator<String> mask = text -> text;
  SessionSync.Limits limits = new SessionSync.Limits(3, 100, false);
  private final List<SessionStore> stores = new ArrayList<>(List.of(store));
  private int seen;
  private SessionSync sync;

  SyncFixture() {
    try {
      server = FakeServer.start(FakeServer.Version.V16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    begin();
  }

  SyncFixture with(SessionStore other) {
    stores.add(other);
    return this;
  }

  /** Starts a worker that has sent nothing. */
  SyncFixture begin() {
    return begin(server.url());
  }

  SyncFixture begin(URI url) {
    var client = new ApiClient(new ServerAddress(url, null, null, new Environment(Map.of(), A, A, "host")), Duration.ofSeconds(5));
    sync = new SessionSync(() -> stores, new SessionUploader(client.sessions()::upload, "w", text -> mask.apply(text)), this::matcher,
        this::register, limits, time);
    return this;
  }

  SyncFixture begin(int sessions, int messages) {
    limits = new SessionSync.Limits(sessions, messages, false);
    return begin();
  }

  private CodebaseMatcher matcher() {
    var all = new LinkedHashMap<String, Codebase>();
    codebases.forEach((id, folder) -> all.put(id, new Codebase(id, folder, "")));
    return new CodebaseMatcher(all, global);
  }

  private String register(String id) {
    registered.add(id);
    return renamed;
  }

  SyncResult pass() throws ApiException, InterruptedException {
    return sync.run();
  }

  long live(String session) throws ApiException, InterruptedException {
    return sync.live(session);
  }

  void forget() {
    sync.forget();
  }

  /** The requests since the last look, each in a line: the codebase, then the ids of the list or the messages of a session. */
  List<String> sent() {
    var all = server.requests("POST", ROUTE);
    var news = all.subList(seen, all.size()).stream().map(SyncFixture::line).toList();
    seen = all.size();
    return news;
  }

  List<Request> requests() {
    return server.requests("POST", ROUTE);
  }

  private static String line(Request request) {
    var path = request.path().split("/");
    var body = request.json();
    return path.length > 7 ? path[4] + " " + path[6] + ":" + String.join(",", body.path("messages").valueStream()
        .map(m -> String.valueOf(Json.text(m.path("parts").path(0), "text"))).toList())
        : path[4] + " all" + body.path("sessions").valueStream().map((JsonNode s) -> " " + s.path("id").asText()).reduce("", String::concat);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
