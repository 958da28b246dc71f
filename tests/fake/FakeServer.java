package tests.fake;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import javax.net.ServerSocketFactory;
import lib.core.Json;

/**
 * A CodeTether server of any generation, in memory, on a free loopback port. It behaves well unless {@link #on} scripts
 * otherwise, and remembers every request. A worker takes it for another server than its own. Thread-safe; ends with
 * {@link #close}.
 */
public final class FakeServer implements AutoCloseable {

  /** The generations: D25 is polled only; HEAD says workspace, and its events are thin. */
  public enum Version { D25, V13, V16, HEAD }

  private final ServerSocketFactory sockets;
  private final String scheme;
  private final Board board = new Board();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final List<Stream> streams = new CopyOnWriteArrayList<>();
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final int port;
  private volatile ServerSocket listening;
  private volatile Version version;
  private volatile String token;
  private volatile int dropAfter;

  private FakeServer(Version version, ServerSocketFactory sockets, String scheme) throws IOException {
    this.version = version;
    this.sockets = sockets;
    this.scheme = scheme;
    this.port = listen(0);
  }

  public static FakeServer start(Version version) throws IOException {
    return new FakeServer(version, ServerSocketFactory.getDefault(), "http");
  }

  /** The same behind TLS. */
  public static FakeServer startTls(Version version, ServerSocketFactory sockets) throws IOException {
    return new FakeServer(version, sockets, "https");
  }

  public URI url() {
    return URI.create(scheme + "://127.0.0.1:" + port);
  }

  // --- what it is like

  /** Replaces it by another generation that has the same data. */
  public void become(Version other) {
    version = other;
  }

  /** From now on every call needs this token; null for none. */
  public void token(String needed) {
    token = needed;
  }

  /** Scripts what happens to a route; the path may hold {@code *}, and its V16 spelling stands for every family's. */
  public Fault on(String method, String path) {
    var fault = new Fault(method, path);
    faults.add(fault);
    return fault;
  }

  /** Forgets everything that {@link #on} scripted. */
  public void heal() {
    faults.clear();
    dropAfter = 0;
  }

  /** Each stream that opens ends after so many events, the first of which is {@code connected}; 0 for never. */
  public void dropStreamsAfter(int events) {
    dropAfter = events;
  }

  /** Ends the open streams now. */
  public void dropStreams() {
    streams.forEach(Stream::end);
  }

  /** Is gone: refuses connections and has broken all that were open. What it knows stays. */
  public void down() throws IOException {
    listening.close();
    connections.forEach(FakeServer::breakOff);
  }

  /** Is back at the same address. */
  public void up() throws IOException {
    listen(port);
  }

  /** Loses what a restart of the real one loses: workers, claims, output, sessions. Tasks and codebases stay. */
  public void forget() {
    board.forget();
  }

  // --- what it holds

  /** Adds a pending task and announces it; returns its id. A null codebase is a task for none. */
  public String addTask(String codebaseId, String prompt) {
    return addTask(Json.object().put("codebase_id", codebaseId).put("prompt", prompt));
  }

  /** The same with any fields; those that are missing get the server's defaults. */
  public String addTask(ObjectNode fields) {
    var task = board.add(fields);
    push(task);
    return task.path("id").asText();
  }

  /** Adds a codebase as if registered before; returns its id. */
  public String addCodebase(String name, String path, String workerId) {
    return board.register(Json.object().put("name", name).put("path", path).put("worker_id", workerId)).path("id").asText();
  }

  /** The task with all that the server knows of it. */
  public ObjectNode task(String taskId) {
    return board.task(taskId);
  }

  /** Lets somebody else change a task; nothing is announced. */
  public void change(String taskId, Consumer<ObjectNode> change) {
    board.change(taskId, change);
  }

  public String status(String taskId) {
    return task(taskId).path("status").asText();
  }

  /** Every status that was reported for it, in order, repeats included. */
  public List<String> history(String taskId) {
    return board.history(taskId);
  }

  /** All the output that came for it. */
  public String output(String taskId) {
    return String.join("", chunks(taskId));
  }

  public List<String> chunks(String taskId) {
    return board.chunks(taskId);
  }

  /** The sessions that it has. */
  public List<JsonNode> sessions(String codebaseId) {
    return board.sessions(codebaseId);
  }

  /** A session's messages, as they were last uploaded. */
  public List<JsonNode> messages(String sessionId) {
    return board.messages(sessionId);
  }

  /** The workers that are registered, by id. */
  public Set<String> workers() {
    return board.workerIds();
  }

  /** The workers with an open stream. */
  public List<String> connected() {
    return streams.stream().map(s -> s.worker).toList();
  }

  /** Every request so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The requests to one route, spelled as in {@link #on}. */
  public List<Request> requests(String method, String path) {
    var route = new Fault(method, path).garbage();
    return requests.stream().filter(route::takes).toList();
  }

  /** Announces a task, as this generation does, to the open streams that it concerns. */
  public void push(ObjectNode task) {
    for (var stream : streams) {
      stream.announce(task);
    }
  }

  /** Writes raw text to every open stream. */
  public void send(String frames) {
    streams.forEach(s -> s.write(frames));
  }

  @Override
  public void close() throws IOException {
    closing.countDown();
    down();
  }

  // --- underneath

  private int listen(int at) throws IOException {
    var socket = sockets.createServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 200);
    listening = socket;
    Thread.ofVirtual().name("fake server").start(() -> {
      while (true) {
        try {
          var connection = socket.accept();
          connections.add(connection);
          Thread.ofVirtual().start(() -> serve(connection));
        } catch (IOException e) {
          return; // closed
        }
      }
    });
    return socket.getLocalPort();
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new BufferedInputStream(connection.getInputStream());
      var out = connection.getOutputStream();
      for (var request = Request.read(in); request != null; request = Request.read(in)) {
        requests.add(request);
        var fault = fault(request);
        if (fault.isPresent()) {
          suffer(fault.get(), request, connection);
        } else if (streams(request)) {
          stream(request, connection);
          return;
        } else {
          reply(request).write(out, 0);
        }
      }
    } catch (IOException | InterruptedException e) {
      breakOff(connection); // the other side went away, or so it was scripted
    } finally {
      connections.remove(connection);
    }
  }

  private Optional<Fault> fault(Request request) {
    return faults.stream().filter(f -> f.takes(request)).findFirst();
  }

  private Reply reply(Request request) {
    if (allowed(request)) {
      return board.reply(version, request, connected(), this::push);
    }
    return request.headers().containsKey("Authorization") ? Reply.detail(403, "Invalid token") : Reply.detail(401, "Missing Bearer token");
  }

  private boolean allowed(Request request) {
    var needed = token;
    return needed == null || ("Bearer " + needed).equals(request.headers().get("Authorization"));
  }

  private void suffer(Fault fault, Request request, Socket connection) throws IOException, InterruptedException {
    var out = connection.getOutputStream();
    switch (fault.kind()) {
      case REPLY -> fault.reply().write(out, 0);
      case TRUNCATED -> {
        reply(request).write(out, 10);
        connection.close();
      }
      case LOST -> {
        reply(request);
        throw new IOException("scripted");
      }
      case GARBAGE -> {
        out.write("\u0016\u0003\u0001 this is no HTTP\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        connection.close();
      }
      case HANG -> closing.await();
      case DRIBBLE -> {
        out.write(fault.start().getBytes(StandardCharsets.UTF_8));
        while (true) {
          out.write(' ');
          out.flush();
          Thread.sleep(10); // slower than a client wants, faster than a read timeout
        }
      }
      default -> throw new IOException("scripted");
    }
  }

  private boolean streams(Request request) {
    return request.method().equals("GET") && request.path().equals("/v1/worker/tasks/stream") && version != Version.D25
        && allowed(request) && request.query().containsKey("agent_name");
  }

  private void stream(Request request, Socket connection) throws IOException {
    var stream = new Stream(request, connection);
    synchronized (stream) { // a worker that has read that it is connected gets announcements from then on, and not before
      stream.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
          + "Connection: close\r\n\r\n");
      streams.add(stream);
      stream.event("connected", Json.object().put("event", "connected").put("worker_id", stream.worker)
          .put("agent_name", request.query().get("agent_name")).put("message", "Connected to task stream"));
    }
    try {
      board.pending().forEach(stream::announce); // pending tasks are announced at the connection
      connection.getInputStream().transferTo(OutputStream.nullOutputStream()); // until the worker closes it
    } finally {
      streams.remove(stream);
      board.disconnected(version, stream.worker);
    }
  }

  /** Closes with a reset, so that the other side sees a broken connection instead of an end. */
  private static void breakOff(Socket connection) {
    try {
      connection.setSoLinger(true, 0);
      connection.close();
    } catch (IOException e) {
      // it is gone already, which is what was wanted
    }
  }

  private final class Stream {
    private final String worker;
    private final Set<String> codebases;
    private final Socket connection;
    private int events;

    Stream(Request request, Socket connection) {
      this.worker = String.valueOf(request.worker());
      this.codebases = Set.of(request.headers().getOrDefault("X-Codebases", "").split(","));
      this.connection = connection;
    }

    void announce(ObjectNode task) {
      if (board.concerns(task, worker, codebases)) {
        board.events(version, task).forEach(data -> event("task_available", data));
      }
    }

    synchronized void event(String name, ObjectNode data) {
      write("event: " + name + "\ndata: " + Json.write(data) + "\n\n");
      if (++events == dropAfter) {
        end();
      }
    }

    synchronized void write(String text) {
      try {
        connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        connection.getOutputStream().flush();
      } catch (IOException e) {
        // its reader finds out and ends it
      }
    }

    void end() {
      try {
        connection.close();
      } catch (IOException e) {
        // it had ended
      }
    }
  }
}
