package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;

/** A machine sleeps and wakes: a stopped process misses the time that passes, and finds another clock afterwards. */
class SleepTest extends OnSite {
  private static final Duration SILENCE = Duration.ofSeconds(1); // after which a worker reconnects a quiet stream
  private static final Duration SLEEP = SILENCE.multipliedBy(3);

  private Path gate;
  private Program server;
  private Program worker;
  private Settled settled;

  @BeforeEach
  void open() throws Exception {
    gate = home.resolve("gate");
    server = site.serve();
    worker = site.workApart("-b", "code:" + code, "--sse-heartbeat-timeout", Long.toString(SILENCE.toSeconds()));
    settled = new Settled(site.home(), site.client());
  }

  private String create(String name) throws Exception {
    var id = site.create(code, Settled.prompt(name, 20, gate));
    settled.expect(id, name, 20, code);
    return id;
  }

  @Test
  void deliversTheAgentsWorkWhenTheWorkerSlept() throws Exception {
    site.awaitOutput(create("before"), "before line 10");
    worker.signal("STOP");
    Files.createFile(gate);
    Program.await("the agent's end", () -> Settled.ledger(code).contains("end before"));
    create("meanwhile");
    Thread.sleep(SLEEP); // the tested time itself: longer than any deadline of the worker's stream
    worker.signal("CONT");
    create("after");
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }

  @Test
  void reconnectsWhenTheServerSlept() throws Exception {
    site.awaitOutput(create("before"), "before line 10");
    server.signal("STOP");
    worker.awaitErr("stream down");
    Files.createFile(gate);
    Program.await("the agent's end", () -> Settled.ledger(code).contains("end before"));
    server.signal("CONT");
    create("after");
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }
}
