package tests.fake;

import module java.base;
import tests.Program;

/**
 * Stands between a worker and its server on loopback, knows the calls that pass, and at a {@link Step} does harm
 * to. Each request has a connection of its own to the server, so that a server that restarts is found again. Thread-safe;
 * ends with {@link #close}.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int DELAY_MILLIS = 300; // longer than anything on loopback takes, shorter than any deadline
  private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");
  private static final Pattern CHUNKED = Pattern.compile("(?im)^transfer-encoding: *chunked");
  private static final Pattern EVENTS = Pattern.compile("(?im)^content-type: *text/event-stream");

  /** What happens at a step; it may do harm of its own first. It runs while the call stands still. */
  public interface Act {
    Cut now() throws Exception;
  }

  /** An act that waits for its step. */
  public static final class Armed {
    private final Step step;
    private final Act act;
    private final AtomicInteger left;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private Armed(Step step, int nth, Act act) {
      this.step = step;
      this.act = act;
      this.left = new AtomicInteger(nth);
    }

    /** Waits until it has happened. */
    public void await() throws InterruptedException {
      try {
        done.get(Program.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        throw new AssertionError("the step '" + step + "' never came");
      } catch (ExecutionException e) {
        throw new AssertionError("at the step '" + step + "'", e.getCause());
      }
    }
  }

  /** A request or an answer: its head, with the empty line, and its body as it stood on the wire. */
  private record Message(String head, byte[] body) {
    byte[] bytes() {
      var start = head.getBytes(StandardCharsets.ISO_8859_1);
      var all = Arrays.copyOf(start, start.length + body.length);
      System.arraycopy(body, 0, all, start.length, body.length);
      return all;
    }

    byte[] half() {
      var all = bytes();
      return Arrays.copyOf(all, all.length - Math.max(1, body.length / 2));
    }
  }

  private final ServerSocket listening = new ServerSocket();
  private final URI server;
  private final List<Armed> armed = new CopyOnWriteArrayList<>();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public FaultProxy(URI server) throws IOException {
    this.server = server;
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    Thread.ofVirtual().name("proxy").start(this::accept);
  }

  /** What the worker takes for its server. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /** Has this done when the step comes for the {@code nth} time from now on, once. */
  public Armed at(Step step, int nth, Act act) {
    var arming = new Armed(step, nth, act);
    armed.add(arming);
    return arming;
  }

  /** From now on everything passes. */
  public void heal() {
    armed.clear();
  }

  private void accept() {
    while (!closed) {
      try {
        var client = listening.accept();
        sockets.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      var in = new BufferedInputStream(client.getInputStream());
      while (pass(client, in)) {
        continue;
      }
    } catch (IOException e) {
      // either side went away: closing tells the other
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(client);
    }
  }

  /** Passes one call; false when the worker's connection is over. */
  private boolean pass(Socket client, BufferedInputStream in) throws IOException, InterruptedException {
    var head = head(in);
    if (head == null) {
      return false;
    }
    var request = new Message(head, body(head, in, false));
    var line = head.substring(0, head.indexOf('\r')).split(" ");
    var call = Step.Call.of(line[0], line[1], new String(request.body, StandardCharsets.UTF_8));
    var cut = act(call.map(Step.Call::asked));
    if (ends(cut, client, in)) {
      return false;
    }
    if (cut == Cut.DUPLICATE) {
      try (var first = send(request.bytes())) {
        answer(new BufferedInputStream(first.getInputStream()));
      }
    }
    try (var upstream = send(cut == Cut.TRUNCATE ? request.half() : request.bytes())) {
      if (cut == Cut.TRUNCATE) {
        return false;
      }
      var from = new BufferedInputStream(upstream.getInputStream());
      var answerHead = head(from);
      if (answerHead == null) {
        return false;
      }
      if (EVENTS.matcher(answerHead).find()) {
        cut = act(call.map(Step.Call::answered));
        if (!ends(cut, client, in)) {
          client.getOutputStream().write(answerHead.getBytes(StandardCharsets.ISO_8859_1));
          events(client, in, from, call);
        }
        return false;
      }
      return answered(client, in, request, new Message(answerHead, body(answerHead, from, true)), call);
    } finally {
      sockets.removeIf(Socket::isClosed);
    }
  }

  private boolean answered(Socket client, InputStream in, Message request, Message first, Optional<Step.Call> call)
      throws IOException, InterruptedException {
    var answer = first;
    var cut = act(call.map(Step.Call::answered));
    if (ends(cut, client, in)) {
      return false;
    }
    if (cut == Cut.DUPLICATE) {
      try (var second = send(request.bytes())) {
        answer = answer(new BufferedInputStream(second.getInputStream()));
      }
    }
    client.getOutputStream().write(cut == Cut.TRUNCATE ? answer.half() : answer.bytes());
    if (cut == Cut.TRUNCATE || ends(act(call.map(Step.Call::received)), client, in)) {
      return false;
    }
    return !answer.head.toLowerCase(Locale.ROOT).contains("connection: close");
  }

  /** Passes the events of a stream on until either side ends it. */
  private void events(Socket client, InputStream in, InputStream from, Optional<Step.Call> call) throws IOException, InterruptedException {
    var watch = Thread.ofVirtual().start(() -> closeBoth(client, in, from)); // the worker may end it while it is quiet
    try {
      var block = new byte[64 << 10];
      for (var n = from.read(block); n >= 0; n = from.read(block)) {
        var some = Arrays.copyOf(block, n);
        var task = new String(some, StandardCharsets.ISO_8859_1).contains("event: task_available");
        var cut = task ? act(call.map(Step.Call::received)) : Cut.NONE;
        if (cut == Cut.HALF_OPEN) {
          watch.join(Program.PATIENCE);
          return;
        }
        if (ends(cut, client, in)) {
          return;
        }
        client.getOutputStream().write(cut == Cut.TRUNCATE ? Arrays.copyOf(some, n / 2) : some);
        if (cut == Cut.TRUNCATE) {
          return;
        }
        if (cut == Cut.DUPLICATE) {
          client.getOutputStream().write(some); // a block is a whole event, with its frame
        }
      }
    } finally {
      client.close();
    }
  }

  private static void closeBoth(Socket client, InputStream in, InputStream from) {
    try (client; from) {
      while (in.read() >= 0) {
        continue; // a worker says nothing on a stream
      }
    } catch (IOException e) {
      // it is over
    }
  }

  /** Does what is armed for this step, if anything. */
  private Cut act(Optional<Step> step) throws IOException {
    if (step.isPresent()) {
      for (var one : armed) {
        if (one.step == step.get() && one.left.decrementAndGet() == 0) {
          armed.remove(one);
          try {
            var cut = one.act.now();
            one.done.complete(null);
            return cut;
          } catch (Exception e) {
            one.done.completeExceptionally(e);
            throw new IOException("at the step '" + step.get() + "'", e);
          }
        }
      }
    }
    return Cut.NONE;
  }

  /** Does what can be done to a connection as such; whether that was its end. */
  private boolean ends(Cut cut, Socket client, InputStream in) throws IOException, InterruptedException {
    switch (cut) {
      case RESET -> client.setSoLinger(true, 0); // closing sends a reset then
      case DELAY -> Thread.sleep(DELAY_MILLIS);
      case HALF_OPEN -> in.transferTo(OutputStream.nullOutputStream()); // until the worker gives up
      default -> { }
    }
    return cut == Cut.DROP || cut == Cut.RESET || cut == Cut.HALF_OPEN;
  }

  private Socket send(byte[] bytes) throws IOException {
    var upstream = new Socket(server.getHost(), server.getPort());
    sockets.add(upstream);
    upstream.setTcpNoDelay(true);
    upstream.getOutputStream().write(bytes);
    return upstream;
  }

  private static Message answer(InputStream from) throws IOException {
    var head = head(from);
    if (head == null) {
      throw new IOException("the server gave no answer");
    }
    return new Message(head, body(head, from, true));
  }

  /** Up to and with the empty line; null when the other side has closed before. */
  private static String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream(512);
    for (var b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return null;
  }

  /** A body as it stands on the wire. */
  private static byte[] body(String head, InputStream in, boolean answer) throws IOException {
    var length = LENGTH.matcher(head);
    if (length.find()) {
      var body = in.readNBytes(Integer.parseInt(length.group(1)));
      if (body.length < Integer.parseInt(length.group(1))) {
        throw new IOException("the end is missing");
      }
      return body;
    }
    if (CHUNKED.matcher(head).find()) {
      return chunks(in);
    }
    return answer ? in.readAllBytes() : new byte[0];
  }

  private static byte[] chunks(InputStream in) throws IOException {
    var all = new ByteArrayOutputStream();
    while (true) {
      var line = new StringBuilder();
      for (var b = in.read(); ; b = in.read()) {
        if (b < 0) {
          throw new IOException("the end is missing");
        }
        all.write(b);
        line.append((char) b);
        if (b == '\n') {
          break;
        }
      }
      var size = Integer.parseInt(line.toString().strip().split(";")[0], 16);
      all.write(in.readNBytes(size + 2));
      if (size == 0) {
        return all.toByteArray();
      }
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listening.close();
    for (var socket : sockets) {
      socket.close();
    }
  }
}
