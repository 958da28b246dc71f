package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;

/** A worker sends its server the session of a running agent, and once more after the agent's end. */
class SessionSyncTest extends OnSite {
  /** Keeps its session as OpenCode 1.0 does; waits half-way for the file that the prompt names. */
  private static final String AGENT = """
      #!/bin/sh
      [ "${1:-}" = --version ] && { echo "9.9.9-made"; exit 0; }
      [ "${1:-}" = --help ] && { echo "  agent run [message..]  do a task"; exit 0; }
      read -r gate || true
      store=$HOME/.local/share/opencode/storage
      mkdir -p $store/session/p $store/message/ses_live
      keep() { # FILE JSON
        mkdir -p "$(dirname "$store/$1")"; printf '%s' "$2" >"$store/new"; mv "$store/new" "$store/$1"
      }
      say() { # NUMBER TEXT
        keep part/msg_$1/prt_$1.json '{"id":"prt_'$1'","messageID":"msg_'$1'","sessionID":"ses_live","type":"text","text":"'"$2"'"}'
        keep message/ses_live/msg_$1.json '{"id":"msg_'$1'","sessionID":"ses_live","role":"assistant","time":{"created":'$1'}}'
        keep session/p/ses_live.json '{"id":"ses_live","title":"made","directory":"'"$PWD"'","time":{"created":1,"updated":'$1'}}'
      }
      say 1 "the password is $(cat "$HOME/word")"
      echo '{"type":"step_start","timestamp":1,"sessionID":"ses_live","part":{"type":"step-start"}}'
      while [ ! -e "$gate" ]; do sleep 0.05; done
      say 2 second
      echo '{"type":"text","timestamp":1,"sessionID":"ses_live","part":{"type":"text","text":"done"}}'
      echo '{"type":"step_finish","timestamp":1,"sessionID":"ses_live","part":{"type":"step-finish","reason":"stop"}}'
      """;

  private Path gate;
  private String agent;

  @BeforeEach
  void open() throws Exception {
    gate = site.home().resolve("gate");
    Files.writeString(site.home().resolve("word"), "correct-horse-battery");
    var file = site.home().resolve("agent");
    Files.writeString(file, AGENT);
    assertThat(file.toFile().setExecutable(true)).isTrue();
    agent = file.toString();
  }

  private String[] arguments() {
    return new String[] {"run", "--server", site.url().toString(), "--name", "w", "--agent-bin", agent, "--agent-kind", "opencode", "-b",
        "code:" + code};
  }

  private static List<String> texts(List<JsonNode> messages) {
    return messages.stream().map(m -> m.path("parts").path(0).path("text").asText()).toList();
  }

  @Test
  void syncsTheSessionToAnotherServerDuringAndAfterItsTask() throws Exception {
    fake(Version.V16);
    var worker = site.start(Map.of("A_PASSWORD", "correct-horse-battery"), arguments());
    worker.awaitErr("stream open");
    var id = site.id(code);
    var task = server.addTask(id, gate.toString());
    Program.await("the session of the running task", () -> server.messages("ses_live").size() == 1 && server.sessions(id).size() == 1);
    assertThat(server.status(task)).isEqualTo("running");
    assertThat(server.sessions(id)).singleElement().satisfies(s -> assertThat(s.path("title").asText()).isEqualTo("made"));
    assertThat(texts(server.messages("ses_live")).getFirst()).startsWith("the password is [A_PASSWORD").doesNotContain("correct");
    Files.createFile(gate);
    Program.await("the end", () -> server.status(task).equals("completed"));
    Program.await("the whole session", () -> server.messages("ses_live").size() == 2
        && server.sessions(id).getFirst().path("messageCount").asInt() == 2);
    var status = site.start("status", "--json", "--name", "w");
    assertThat(status.exit()).isZero();
    assertThat(Json.read(status.out()).path("session_sync").path("sessions").asInt()).isEqualTo(1);
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    assertThat(server.workers()).isEmpty();
  }

  @Test
  void syncsTheSessionToOurServerDuringAndAfterItsTask() throws Exception {
    site.openServer();
    var worker = site.start(arguments());
    worker.awaitErr("stream open");
    var id = site.id(code);
    var task = site.create(code, gate.toString());
    var calls = site.client().sessions();
    Program.await("the session of the running task", () -> calls.list(id, 10, 0, null).total() == 1
        && calls.messages(id, "ses_live", 10).total() == 1);
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.RUNNING);
    Files.createFile(gate);
    site.ended(task);
    Program.await("the whole session", () -> calls.messages(id, "ses_live", 10).total() == 2);
    assertThat(worker.err()).doesNotContain("bug");
  }

  @Test
  void deletesASessionAtTheNextStartWhenItsFileIsGone() throws Exception {
    fake(Version.V16);
    Files.createFile(gate);
    var first = site.start(arguments());
    first.awaitErr("stream open");
    var id = site.id(code);
    var task = server.addTask(id, gate.toString());
    Program.await("the whole session", () -> server.status(task).equals("completed") && server.messages("ses_live").size() == 2);
    first.signal("TERM");
    first.exit();
    Files.delete(site.home().resolve(".local/share/opencode/storage/session/p/ses_live.json"));
    site.start(arguments());
    Program.await("the session to go", () -> server.sessions(id).isEmpty());
  }

  @Test
  void sendsNoSessionWhenSyncIsOff() throws Exception {
    fake(Version.V16);
    Files.createFile(gate);
    var worker = site.start(Map.of("A2A_SESSION_SYNC_INTERVAL", "0"), arguments());
    worker.awaitErr("stream open");
    var task = server.addTask(site.id(code), gate.toString());
    Program.await("the end", () -> server.status(task).equals("completed"));
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    assertThat(server.requests("POST", "/v1/agent/codebases/*/sessions/*sync")).isEmpty();
  }
}
