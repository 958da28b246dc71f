package scripts.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.core.Json;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Registration;
import lib.wire.Report;
import lib.wire.TaskStatus;

/** From a task's creation to its agent's start. */
public final class Starts {
  private static final int STARTS = 51; // odd, so that the median is a measured value
  private static final int WARM_UP = 50; // a daemon is not measured while it is still being compiled

  private final Rig rig;
  private final Client client;

  public Starts(Rig rig) {
    this.rig = rig;
    this.client = rig.client();
  }

  public void run() throws Exception {
    var folder = Files.createDirectories(rig.file("code"));
    var agent = rig.agent("#!/bin/sh\ndate +%s%N >" + rig.file("stamp.tmp") + "\nmv " + rig.file("stamp.tmp") + " "
        + rig.file("stamp") + "\necho done\n");
    var worker = rig.worker("-b", "code:" + folder, "--agent-bin", agent.toString());
    var codebase = rig.awaitCodebase(folder);
    var ours = new ArrayList<Double>();
    var floor = new ArrayList<Double>();
    try (var bare = new Bare(folder.resolve("bare"))) {
      for (var i = -WARM_UP; i < STARTS; i++) { // in turn, so that both see the same machine
        var times = List.of(start(codebase), bare.start(agent));
        if (i >= 0) {
          ours.add(times.getFirst());
          floor.add(times.getLast());
        }
      }
    }
    rig.stop(worker);
    rig.figure("task created -> agent started, ms", Rig.median(ours), Rig.median(floor), "lower", 1.5);
  }

  private double start(String codebase) throws Exception {
    Files.deleteIfExists(rig.file("stamp"));
    var begin = Rig.micros();
    var task = client.create(new NewTask(codebase, "start", "x", "build", 0, null, null));
    Rig.await("the agent's start", () -> Files.exists(rig.file("stamp")));
    Rig.await("the end", () -> client.task(task.id()).status().terminal());
    return (stamp() - begin) / 1000.0;
  }

  /** When the agent started, in microseconds, as it says itself. */
  private long stamp() throws IOException {
    return Long.parseLong(Files.readString(rig.file("stamp")).strip()) / 1000;
  }

  /** The same with nothing around it: hear of the task, read it, claim it, one sync per durable record, start the same agent. */
  private final class Bare implements AutoCloseable {
    private static final String ID = "bare";
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final String codebase;
    private final Thread reader;

    Bare(Path folder) throws Exception {
      client.register(new Registration(ID, ID, List.of("build"), "bench", List.of(), null));
      codebase = client.registerCodebase("bare", folder.toString(), "", ID).id();
      var open = new CountDownLatch(1);
      reader = Thread.ofVirtual().start(() -> {
        try (var stream = client.tasks(ID, ID, List.of(codebase), List.of("build"), 1, null, Duration.ofMinutes(1))) {
          for (var event = stream.next(); event != null; event = stream.next()) {
            open.countDown();
            if (event.name().equals("task_available")) {
              heard.add(Json.text(Json.readObject(event.data()).orElseThrow(), "id"));
            }
          }
        } catch (CallFailed | InterruptedException e) {
          Thread.currentThread().interrupt(); // closed; had it broken, the next start would be waited for in vain
        }
      });
      open.await(10, TimeUnit.SECONDS);
    }

    double start(Path agent) throws Exception {
      Files.deleteIfExists(rig.file("stamp"));
      var begin = Rig.micros();
      client.create(new NewTask(codebase, "start", "x", "build", 0, null, null));
      var task = Objects.requireNonNull(heard.poll(10, TimeUnit.SECONDS), "the bare client's stream broke");
      client.task(task);
      rig.sync("intent");
      var won = (Claim.Won) client.claim(task, ID);
      rig.sync("claim");
      rig.sync("prompt");
      rig.sync("task");
      new ProcessBuilder("setsid", "sh", agent.toString()).redirectErrorStream(true).start().waitFor();
      var report = new Report(task, ID, TaskStatus.COMPLETED, null, "x", null, won.attempt());
      client.status(report);
      client.release(report);
      return (stamp() - begin) / 1000.0;
    }

    @Override
    public void close() throws Exception {
      reader.interrupt();
      reader.join();
      client.unregister(ID);
    }
  }
}
