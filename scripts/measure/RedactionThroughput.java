package scripts.measure;

import module java.base;
import lib.redaction.Redaction;

/** Megabytes per second that the redaction gate lets through, with 200 secrets of 8 to 64 characters. */
public final class RedactionThroughput {
  private static final int SECRETS = 200;
  private static final double LEAST = 300;
  private static final double LEAST_OF_THE_WORST = 100; // text whose every line needs a canonical reading first

  private final Testbed bed;
  private final int pass;
  private final int passes;

  public RedactionThroughput(Testbed bed) {
    this.bed = bed;
    this.pass = bed.size(64 << 20, 1 << 20); // characters masked for one figure, about a second
    this.passes = bed.size(4, 2); // the first is a warm-up, and the median of an odd number is a measured value
  }

  public void run() {
    var random = new Random(1);
    var secrets = new LinkedHashMap<String, String>();
    while (secrets.size() < SECRETS) {
      var secret = new StringBuilder();
      for (var i = 8 + random.nextInt(57); i > 0; i--) {
        secret.append((char) ('!' + random.nextInt('~' - '!')));
      }
      secrets.put(secret.toString(), "SECRET_" + secrets.size());
    }
    var begin = System.nanoTime();
    var gate = Redaction.of(secrets);
    bed.print("a redaction gate of %d secrets is made in ms: %.0f", SECRETS, (System.nanoTime() - begin) / 1e6);
    var one = List.copyOf(secrets.keySet());
    measure(gate, "plain text", LEAST, i -> "line " + i + " of a flood of output, with words and /paths/of/files.java:" + i % 100);
    measure(gate, "event lines", LEAST, i ->
        "{\"type\":\"text\",\"sessionID\":\"ses_1\",\"part\":{\"text\":\"line " + i + " of what it says\"}}");
    measure(gate, "text with a secret every 2 KB", LEAST, i ->
        i % 40 == 0 ? "token=" + one.get(i % SECRETS) : "line " + i + " of a flood of output, with words");
    measure(gate, "coloured text", LEAST_OF_THE_WORST, i ->
        "\u001b[1;32mline\u001b[0m \u001b[33m" + i + "\u001b[0m of \u001b[36mwords\u001b[0m");
    measure(gate, "escaped text", LEAST_OF_THE_WORST, i ->
        "a%20line%3D" + i + " \\u0022of\\u0022 \\\"output\\\", with &quot;words&quot;\\n");
    measure(gate, "a hex dump", LEAST_OF_THE_WORST, RedactionThroughput::dump);
  }

  /** A line as xxd prints it. */
  private static String dump(int i) {
    var text = String.format(Locale.ROOT, "line %6d, ok! ", i % 1_000_000).substring(0, 16);
    var line = new StringBuilder(String.format(Locale.ROOT, "%08x:", i * 16));
    for (var at = 0; at < text.length(); at++) {
      line.append(at % 2 == 0 ? " " : "").append(String.format(Locale.ROOT, "%02x", (int) text.charAt(at)));
    }
    return line.append("  ").append(text).toString();
  }

  private interface Line {
    String of(int i);
  }

  /** A block as the transcript reads it. */
  private static String block(Line line) {
    var text = new StringBuilder();
    for (var i = 0; text.length() < 64 << 10; i++) {
      text.append(line.of(i)).append('\n');
    }
    return text.toString();
  }

  private void measure(Redaction gate, String what, double least, Line line) {
    var block = block(line);
    var figures = new ArrayList<Double>();
    for (var i = 0; i < passes; i++) {
      var done = 0L;
      var begin = System.nanoTime();
      while (done < pass) {
        gate.mask(block);
        done += block.length();
      }
      figures.add(done / 1e6 / ((System.nanoTime() - begin) / 1e9));
    }
    var figure = Testbed.median(figures.subList(1, passes));
    bed.print("MB of %s masked per second: %.0f (target >= %.0f: %s)", what, figure, least, Testbed.met(figure >= least));
  }
}
