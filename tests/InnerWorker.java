package tests;

import module java.base;
import cmd.run;
import lib.client.http.HttpTransport;
import lib.core.Clock;
import lib.redaction.Redaction;
import lib.redaction.Secrets;
import lib.config.Settings;

/** {@code run} within this JVM: the test sends its signals, its log goes to the command's stderr, and its clock may go faster. */
final class InnerWorker extends run {
  /** A wait between two tries is a random part of the longest one: here it is a twentieth of that at most. */
  private static final RandomGenerator IMPATIENT = new RandomGenerator() {
    @Override
    public long nextLong() {
      return ThreadLocalRandom.current().nextLong();
    }

    @Override
    public long nextLong(long bound) {
      return ThreadLocalRandom.current().nextLong(bound) / 20;
    }
  };

  /** A clock on which the time passes so many times as fast. The wall clock is the machine's. */
  private record FastClock(int times) implements Clock {
    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public long nanos() {
      return System.nanoTime() * times;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      Thread.sleep(duration.dividedBy(times));
    }

    @Override
    public boolean acquire(Semaphore permits, Duration max) throws InterruptedException {
      return Clock.super.acquire(permits, max.dividedBy(times));
    }
  }

  private final Map<String, Consumer<String>> handlers = new ConcurrentHashMap<>();

  @Override
  protected void on(Consumer<String> handler, String... signals) {
    for (var signal : signals) {
      handlers.put(signal, handler);
    }
  }

  @Override
  protected Redaction log(Settings settings, Secrets secrets) {
    var redaction = Redaction.of(secrets.names());
    TestLog.mask(redaction::mask);
    return redaction;
  }

  @Override
  protected Clock clock() {
    return new FastClock(given(Program.TIMES_FASTER, 1));
  }

  @Override
  protected RandomGenerator random() {
    return IMPATIENT;
  }

  @Override
  protected Duration callTimeout() {
    return Duration.ofSeconds(given(Program.CALL_SECONDS, (int) HttpTransport.DEADLINE.toSeconds()));
  }

  private int given(String variable, int otherwise) {
    return io.env().var(variable) == null ? otherwise : Integer.parseInt(io.env().var(variable));
  }

  /** Does what {@code run} does at this signal. Any thread; one that comes before the handler is set waits for it. */
  void signal(String name) throws InterruptedException {
    while (!handlers.containsKey(name)) {
      Thread.sleep(1);
    }
    handlers.get(name).accept(name);
  }
}
