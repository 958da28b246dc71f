package scripts.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import lib.masking.Redaction;

/** Megabytes per second that the redaction gate lets through, with 200 secrets of 8 to 64 characters. */
public final class Masks {
  private static final int SECRETS = 200;
  private static final int PASS = 64 << 20; // characters masked for one figure, about a second
  private static final int PASSES = 4; // the first is a warm-up, and the median of an odd number is a measured value
  private static final double LEAST = 50;

  private final Rig rig;

  public Masks(Rig rig) {
    this.rig = rig;
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
    rig.out().printf(Locale.ROOT, "a redaction gate of %d secrets is made in ms: %.0f%n", SECRETS, (System.nanoTime() - begin) / 1e6);
    var one = List.copyOf(secrets.keySet());
    measure(gate, "plain text", block(i -> "line " + i + " of a flood of output, with words and /paths/of/files.java:" + i % 100));
    measure(gate, "event lines", block(i ->
        "{\"type\":\"text\",\"sessionID\":\"ses_1\",\"part\":{\"text\":\"line " + i + " of what it says\"}}"));
    measure(gate, "text with a secret every 2 KB", block(i ->
        i % 40 == 0 ? "token=" + one.get(i % SECRETS) : "line " + i + " of a flood of output, with words"));
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

  private void measure(Redaction gate, String what, String block) {
    var figures = new ArrayList<Double>();
    for (var pass = 0; pass < PASSES; pass++) {
      var done = 0L;
      var begin = System.nanoTime();
      while (done < PASS) {
        done += gate.mask(block).length();
      }
      figures.add(done / 1e6 / ((System.nanoTime() - begin) / 1e9));
    }
    var figure = Rig.median(figures.subList(1, PASSES));
    rig.out().printf(Locale.ROOT, "MB of %s masked per second: %.0f (target >= %.0f: %s)%n", what, figure, LEAST,
        figure >= LEAST ? "met" : "MISSED");
  }
}
