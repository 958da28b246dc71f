package tests.fake;

import module java.base;

/**
 * What happens to the calls of one route instead of the right answer: {@code server.on("POST", "/v1/worker/tasks/claim")
 * .answer(409, "taken").times(2)}. Without {@link #times} it stays until {@link FakeServer#heal}.
 */
public final class Fault {
  enum Kind { NONE, REPLY, LOST, RESET, HANG, DRIBBLE, GARBAGE, TRUNCATED }

  private final String method;
  private final Pattern path;
  private final AtomicInteger skip = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
  private final AtomicInteger seen = new AtomicInteger();
  private volatile int every = 1;
  private volatile Kind kind = Kind.NONE;
  private volatile Reply reply;
  private volatile String start;

  Fault(String method, String path) {
    this.method = method;
    this.path = Pattern.compile(Stream.of(path.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  /** An error, or another answer: a text that starts with a brace or bracket is the JSON body, else it is its detail. */
  public Fault answer(int status, String text) {
    return reply(text.startsWith("{") || text.startsWith("[") ? new Reply(status, "application/json", text, Map.of())
        : Reply.detail(status, text));
  }

  public Fault text(int status, String text) {
    return reply(new Reply(status, "text/plain; charset=utf-8", text, Map.of()));
  }

  /** A proxy's page. */
  public Fault html(int status) {
    return reply(new Reply(status, "text/html", "<html>\n<head><title>" + status + " Bad Gateway</title></head>\n<body>\n"
        + "<center><h1>" + status + " Bad Gateway</h1></center>\n</body>\n</html>\n", Map.of()));
  }

  public Fault redirect(int status, String url) {
    return reply(new Reply(status, "text/plain", "", Map.of("Location", url)));
  }

  /** Adds a header to the answer set before. */
  public Fault header(String name, String value) {
    return reply(reply.with(name, value));
  }

  /** Does what was asked, and breaks the connection instead of saying so. */
  public Fault answerLost() {
    return of(Kind.LOST);
  }

  /** Breaks the connection. The JDK's client repeats a GET or PUT once by itself, so two are needed to be seen there. */
  public Fault reset() {
    return of(Kind.RESET);
  }

  /** Never answers, and keeps the connection. */
  public Fault hang() {
    return of(Kind.HANG);
  }

  /** Answers so slowly that it never ends, although something always comes. */
  public Fault dribble() {
    return dribble("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
  }

  /** The same after these first characters of an answer, its head included. */
  public Fault dribble(String first) {
    start = first;
    return of(Kind.DRIBBLE);
  }

  /** Bytes that are no HTTP. */
  public Fault garbage() {
    return of(Kind.GARBAGE);
  }

  /** The right answer, whose end is missing. */
  public Fault truncated() {
    return of(Kind.TRUNCATED);
  }

  /** Only so many calls. */
  public Fault times(int calls) {
    left.set(calls);
    return this;
  }

  /** The first so many calls go well. */
  public Fault after(int calls) {
    skip.set(calls);
    return this;
  }

  /** Only each so manieth call: 2 for every second one. */
  public Fault every(int calls) {
    every = calls;
    return this;
  }

  Kind kind() {
    return kind;
  }

  Reply reply() {
    return reply;
  }

  /** What a dribbled answer begins with. */
  String start() {
    return start;
  }

  /** Whether it happens to this request; counts it if so. */
  boolean takes(Request request) {
    var fits = kind != Kind.NONE && (method.equals("*") || method.equals(request.method()))
        && (path.matcher(request.path()).matches() || path.matcher(request.canonical()).matches());
    return fits && seen.incrementAndGet() % every == 0 && skip.getAndUpdate(n -> Math.max(0, n - 1)) == 0
        && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
  }

  private Fault reply(Reply to) {
    reply = to;
    return of(Kind.REPLY);
  }

  private Fault of(Kind what) {
    kind = what;
    return this;
  }
}
