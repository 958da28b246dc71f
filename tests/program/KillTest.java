package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.Program;
import tests.fake.Cut;
import tests.fake.FaultProxy;
import tests.fake.Step;

/** A task ends once and arrives whole, at whichever step its worker or server is killed and started again. */
class KillTest {
  private static final int LINES = 40;
  /** The steps at which the agent waits for nothing any more. */
  private static final Set<Step> LATE = Set.of(Step.AGENT_ENDED, Step.STATUS_ASKED, Step.STATUS_ANSWERED, Step.STATUS_RECEIVED,
      Step.RELEASE_ASKED, Step.RELEASE_ANSWERED, Step.RELEASE_RECEIVED);

  @TempDir
  private static Path temp;
  private static Site site; // whose server is killed; each scene has its own home
  private static Program server;

  @BeforeAll
  static void open() throws Exception {
    site = new Site(Files.createDirectory(temp.resolve("server")));
    server = site.serve();
  }

  @AfterAll
  static void close() throws Exception {
    site.close();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource(names = {"STREAM_EVENT", "CLAIM_ASKED", "CLAIM_ANSWERED", "CLAIM_RECEIVED", "AGENT_READY", "AGENT_STARTED", "RUNNING_ASKED",
      "RUNNING_ANSWERED", "OUTPUT_ASKED", "OUTPUT_ANSWERED", "OUTPUT_RECEIVED", "AGENT_ENDED", "STATUS_ASKED", "STATUS_ANSWERED",
      "STATUS_RECEIVED", "RELEASE_ASKED", "RELEASE_ANSWERED", "RELEASE_RECEIVED"})
  void completesTheTaskOnceWhenTheWorkerIsKilledAtAStep(Step step) throws Exception {
    try (var scene = new Scene("worker-" + step.name(), true)) {
      scene.run(step, () -> kill(scene.worker), () -> scene.worker = scene.work());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"STREAM_EVENT", "CLAIM_ASKED", "CLAIM_ANSWERED", "CLAIM_RECEIVED", "AGENT_STARTED", "RUNNING_ANSWERED", "OUTPUT_ASKED",
      "OUTPUT_ANSWERED", "OUTPUT_RECEIVED", "AGENT_ENDED", "STATUS_ASKED", "STATUS_ANSWERED", "RELEASE_ASKED", "RELEASE_ANSWERED"})
  void completesTheTaskOnceWhenTheServerIsKilledAtAStep(Step step) throws Exception {
    try (var scene = new Scene("server-" + step.name(), false)) {
      scene.run(step, () -> kill(server), () -> server = site.serve());
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  private static void kill(Program program) throws IOException, InterruptedException {
    program.signal("KILL");
    program.exit();
  }

  /** A machine with its own worker, folder and proxy, so that one step does not disturb the next. */
  private static final class Scene implements AutoCloseable {
    private final String name;
    private final Site machine;
    private final Path code;
    private final Path gate;
    private final FaultProxy proxy;
    private Program worker;

    Scene(String name, boolean isWorkerKilled) throws Exception {
      this.name = name;
      machine = new Site(Files.createDirectory(temp.resolve(name)));
      if (isWorkerKilled) {
        machine.openServer(); // one that no other scene kills
      } else {
        machine.at(site.url());
      }
      code = machine.folder("code");
      gate = machine.home().resolve("gate");
      proxy = new FaultProxy(machine.url());
      worker = isWorkerKilled ? machine.process(machine.arguments(proxy.url(), name, "-b", "code:" + code)) : work();
      worker.awaitErr("stream open");
    }

    Program work() throws IOException {
      return machine.work(proxy.url(), name, "-b", "code:" + code);
    }

    void run(Step step, Action harm, Action repair) throws Exception {
      if (LATE.contains(step)) {
        Files.createFile(gate);
      }
      var created = new CountDownLatch(1); // the creator must have the answer before its server dies
      var armed = step.agents() ? null : proxy.at(step, 1, () -> {
        created.await();
        harm.run();
        return Cut.DROP;
      });
      var settled = new Settled(machine.home(), machine.client());
      var task = machine.create(code, Settled.prompt(name, LINES, gate));
      settled.expect(task, name, LINES, code);
      created.countDown();
      if (armed == null) {
        Program.await(step.toString(), () -> come(step, task));
        harm.run();
      } else {
        armed.await();
      }
      if (!LATE.contains(step)) {
        Files.createFile(gate);
      }
      repair.run();
      assertThat(settled.wrongs(Program.PATIENCE)).as(step + "\n" + machine).isEmpty();
    }

    private boolean come(Step step, String task) {
      var attempt = machine.home().resolve(".local/state/a2a-worker").resolve(name).resolve("tasks").resolve(task).resolve("1");
      return Files.exists(switch (step) {
        case AGENT_READY -> attempt.resolve("boot");
        case AGENT_STARTED -> code.resolve("ledger");
        default -> attempt.resolve("exit");
      });
    }

    @Override
    public void close() throws Exception {
      proxy.close();
      machine.close();
    }
  }
}
