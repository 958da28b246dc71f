package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tests.Program;
import tests.fake.Cut;
import tests.fake.FaultProxy;
import tests.fake.Step;

/** A task ends once and arrives whole and in order, however and at whichever call its connection is cut. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CutTest {
  private static final int LINES = 40;

  @TempDir
  private static Path temp;
  private Site site;
  private Path code;
  private FaultProxy proxy;
  private Settled settled;
  private int names;

  @BeforeAll
  void open() throws Exception {
    site = new Site(temp);
    code = site.folder("code");
    site.openServer();
    proxy = new FaultProxy(site.url());
    var worker = site.work(proxy.url(), "w", "-b", "code:" + code);
    worker.awaitErr("stream open");
    settled = new Settled(site.home(), site.client());
  }

  @AfterAll
  void close() throws Exception {
    site.close();
    proxy.close();
  }

  static List<Arguments> cuts() {
    var all = new ArrayList<Arguments>();
    for (var call : new String[] {"CLAIM", "RUNNING", "OUTPUT", "STATUS", "RELEASE"}) {
      for (var cut : List.of(Cut.DROP, Cut.RESET, Cut.DELAY, Cut.DUPLICATE, Cut.TRUNCATE)) {
        all.add(Arguments.of(Step.valueOf(call + "_ASKED"), cut));
        all.add(Arguments.of(Step.valueOf(call + "_ANSWERED"), cut));
      }
    }
    Stream.of(Cut.DROP, Cut.RESET, Cut.DELAY, Cut.DUPLICATE, Cut.TRUNCATE).forEach(cut -> all.add(Arguments.of(Step.STREAM_EVENT, cut)));
    return all;
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void completesTheTaskOnceAndWholeWhenAConnectionIsCut(Step step, Cut cut) throws Exception {
    var opened = proxy.at(Step.STREAM_ANSWERED, 1, () -> Cut.NONE);
    var armed = proxy.at(step, 1, () -> cut);
    create(code, LINES);
    armed.await();
    if (step == Step.STREAM_EVENT && (cut == Cut.DROP || cut == Cut.RESET || cut == Cut.TRUNCATE)) {
      opened.await(); // the next run needs a stream
    }
    proxy.heal();
    assertThat(settled.wrongs(Program.PATIENCE)).as(step + " " + cut + "\n" + site).isEmpty();
  }

  @Test
  void neitherLosesNorRepeatsAChunkWhenItIsCut() throws Exception {
    var cuts = List.of(proxy.at(Step.OUTPUT_ANSWERED, 1, () -> Cut.DROP), proxy.at(Step.OUTPUT_ASKED, 3, () -> Cut.RESET),
        proxy.at(Step.OUTPUT_ANSWERED, 4, () -> Cut.TRUNCATE), proxy.at(Step.OUTPUT_ASKED, 6, () -> Cut.DUPLICATE));
    create(code, 70_000); // more than 1 MiB, in chunks of at most 256 KiB
    for (var cut : cuts) {
      cut.await();
    }
    assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
  }

  /** All at once: each takes the time until a call is given up, or until a quiet stream is opened again. */
  @Test
  void retriesACallWhenNoAnswerComes() throws Exception {
    var folders = new ArrayList<Path>();
    var arguments = new ArrayList<>(List.of("--max-concurrent-tasks", "4", "--sse-heartbeat-timeout", "2"));
    var steps = List.of(Step.CLAIM_ANSWERED, Step.OUTPUT_ANSWERED, Step.STATUS_ANSWERED, Step.STREAM_EVENT);
    for (var step : steps) {
      folders.add(site.folder(step.name()));
      arguments.addAll(List.of("-b", step.name() + ":" + folders.getLast()));
    }
    try (var hanging = new FaultProxy(site.url())) {
      site.start(Map.of(Program.CALL_SECONDS, "2"), site.arguments(hanging.url(), "hanging", arguments.toArray(String[]::new)))
          .awaitErr("stream open");
      for (var i = 0; i < steps.size(); i++) {
        var hang = hanging.at(steps.get(i), 1, () -> Cut.HALF_OPEN);
        create(folders.get(i), LINES);
        hang.await();
      }
      assertThat(settled.wrongs(Program.PATIENCE)).as(site.toString()).isEmpty();
    }
  }

  private void create(Path folder, int lines) throws Exception {
    var name = "c" + ++names;
    settled.expect(site.create(folder, Settled.prompt(name, lines, "")), name, lines, folder);
  }
}
