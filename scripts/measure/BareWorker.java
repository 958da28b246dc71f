package scripts.measure;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The least that a worker can do for a task, as a floor to measure the real one by: hear of it, read it while the intent is synced,
 * claim it, spawn the agent as the supervisor's contract has it, send its output, status and release. A process of its own; it serves
 * one codebase at a server, one task after the other, and checks nothing.
 */
public final class BareWorker {
  static final String ID = "bare";
  private static final int RECORDS = 5; // durable ones for a task: intent, prompt, description, claim, verdict
  private static final JsonMapper JSON = new JsonMapper();
  private static final byte[] RECORD = "a record of about a hundred bytes, as the journal has them: id, state, time …\n".getBytes();

  /** What the worker's supervisor spawns; what is not needed to start the agent or to hear of its end comes last. */
  private static final String SUPERVISOR = """
      trap : INT TERM HUP
      exec 9<.
      setsid -w "$@" <prompt >out 2>err 9>&-
      code=$?
      echo ended
      flock -n 9
      printf 'code %s\\n' $code >exit.tmp && sync exit.tmp && mv -f exit.tmp exit
      """;

  private final URI url;
  private final Path folder;
  private final String agent;
  private final int before;

  /** @param before how many of the durable records stand before the agent starts; the others follow the release */
  private BareWorker(URI url, Path folder, String agent, int before) {
    this.url = url;
    this.folder = folder;
    this.agent = agent;
    this.before = before;
  }

  public static void main(String[] args) throws Exception {
    new BareWorker(URI.create(args[0]), Path.of(args[1]), args[2], Integer.parseInt(args[3])).run();
  }

  private void run() throws Exception {
    Files.writeString(folder.resolve("prompt"), "do it");
    var worker = JSON.createObjectNode().put("worker_id", ID).put("name", ID);
    worker.putArray("capabilities").add("build");
    call("POST", "/v1/agent/workers/register", worker);
    var codebase = call("POST", "/v1/agent/codebases", JSON.createObjectNode().put("name", ID).put("path", folder.toString())
        .put("worker_id", ID)).path("codebase").path("id").asText();
    var stream = open("GET", "/v1/worker/tasks/stream?worker_id=" + ID + "&agent_name=" + ID);
    stream.setRequestProperty("X-Codebases", codebase);
    stream.setRequestProperty("X-Capabilities", "build");
    var seen = new HashSet<String>();
    try (var lines = new BufferedReader(new InputStreamReader(stream.getInputStream(), StandardCharsets.UTF_8))) {
      var event = "";
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("data: ") && event.equals("task_available")) {
          var id = JSON.readTree(line.substring(6)).path("id").asText();
          if (seen.add(id)) {
            task(id);
          }
        }
      }
    }
  }

  private void task(String id) throws Exception {
    var reading = new FutureTask<>(() -> call("GET", "/v1/agent/tasks/" + id, null));
    Thread.startVirtualThread(reading);
    sync(folder.resolve("records"));
    reading.get();
    var claim = call("POST", "/v1/worker/tasks/claim?worker_id=" + ID, JSON.createObjectNode().put("task_id", id).put("worker_id", ID));
    for (var i = 1; i < before; i++) {
      sync(folder.resolve("records"));
    }
    var supervisor = new ProcessBuilder("setsid", "sh", "-c", SUPERVISOR, "supervisor", agent).directory(folder.toFile()).start();
    supervisor.getInputStream().read(); // the agent has ended
    var attempt = claim.path("attempt").asInt();
    var output = report(id, attempt).put("output", Files.readString(folder.resolve("out"))).put("seq", 1);
    call("POST", "/v1/agent/tasks/" + id + "/output", output);
    var report = report(id, attempt).put("status", "completed").put("result", "done");
    call("PUT", "/v1/agent/tasks/" + id + "/status", report);
    call("POST", "/v1/worker/tasks/release?worker_id=" + ID, report);
    supervisor.waitFor();
    for (var i = before; i < RECORDS; i++) {
      sync(folder.resolve("records"));
    }
  }

  /** @param attempt what our own server's claim answered; 0 at others, which know no such number */
  private static ObjectNode report(String id, int attempt) {
    var body = JSON.createObjectNode().put("task_id", id).put("worker_id", ID);
    return attempt == 0 ? body : body.put("attempt", attempt);
  }

  /** Appends a record to a file, durably. */
  static void sync(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      channel.write(ByteBuffer.wrap(RECORD));
      channel.force(true);
    }
  }

  private HttpURLConnection open(String method, String path) throws IOException {
    var connection = (HttpURLConnection) url.resolve(path).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setRequestProperty("X-Worker-ID", ID);
    return connection;
  }

  private JsonNode call(String method, String path, ObjectNode body) throws IOException {
    var connection = open(method, path);
    if (body != null) {
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setDoOutput(true);
      try (var out = connection.getOutputStream()) {
        out.write(body.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    try (var in = connection.getInputStream()) {
      return JSON.readTree(in.readAllBytes());
    }
  }
}
