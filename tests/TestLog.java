package tests;

import module java.base;
import lib.cli.Logging;
import lib.core.Environment;

/** The log of this JVM. A line goes to the command whose thread, or a descendant of it, logs it; the lines of unit tests go nowhere. */
final class TestLog {
  private static final InheritableThreadLocal<TestLog> CURRENT = new InheritableThreadLocal<>();

  private final PrintStream out;
  private volatile UnaryOperator<String> mask = UnaryOperator.identity();

  private TestLog(PrintStream out) {
    this.out = out;
  }

  /** Before the first line is logged: the backend takes its stream once. */
  static void start() {
    var err = System.err;
    System.setErr(new PrintStream(new OutputStream() {
      @Override
      public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        var log = CURRENT.get();
        if (log != null) {
          log.out.write(bytes, from, length);
        }
      }
    }, true));
    Logging.start("info", false, new Environment(Map.of(), Path.of("/"), Path.of("/"), ""), line -> {
      var log = CURRENT.get();
      return log == null ? "" : log.mask.apply(line);
    });
    System.setErr(err);
  }

  /** From now on this thread and those that it starts log to this stream. */
  static TestLog open(PrintStream out) {
    var log = new TestLog(out);
    CURRENT.set(log);
    return log;
  }

  /** The same for a further thread. */
  void join() {
    CURRENT.set(this);
  }

  /** Has the lines of this thread's log masked. */
  static void mask(UnaryOperator<String> mask) {
    CURRENT.get().mask = mask;
  }
}
