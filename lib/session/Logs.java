package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import lib.core.Clock;

/**
 * The logs of a store that keeps one growing file a session: of each what a listing needs, and of those last asked for their
 * newest messages. For one thread at a time.
 *
 * @param <F> what a listing needs of a session
 */
final class Logs<F> {
  private static final int MAX_TITLE = 100; // what a list shows
  private static final int TALKS = 8; // more sessions than run here at once; each holds half of an answer at most

  /** Where the log of a session lies. */
  interface Finding {
    Optional<Path> of(String session) throws IOException;
  }

  private record Talk(int most, LogFile<Telling> log) {}

  private record Telling(Turns turns, Consumer<ObjectNode> line) {}

  private final Clock time;
  private final Supplier<F> fresh;
  private final BiConsumer<F, ObjectNode> taking;
  private final Map<Path, LogFile<F>> facts = new HashMap<>();
  private final Map<Path, Talk> talks = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * No logs yet.
   *
   * @param fresh the facts before the first line
   * @param taking takes a line into them
   */
  Logs(Clock time, Supplier<F> fresh, BiConsumer<F, ObjectNode> taking) {
    this.time = time;
    this.fresh = fresh;
    this.taking = taking;
  }

  /** The facts of a log; empty when it is not there. */
  Optional<F> facts(Path file) {
    var read = facts.computeIfAbsent(file, f -> new LogFile<>(f, time, fresh, taking)).read();
    if (read.isEmpty()) {
      facts.remove(file);
    }
    return read;
  }

  /** Forgets all logs but these. */
  void retain(Set<Path> files) {
    facts.keySet().retainAll(files);
    talks.keySet().retainAll(files);
  }

  /**
   * The newest messages of a log, oldest first.
   *
   * @param telling what takes the lines into messages
   */
  List<Message> messages(Path file, int most, Function<Turns, Consumer<ObjectNode>> telling) {
    if (most < 1) {
      return List.of();
    }
    var talk = talks.get(file);
    if (talk == null || talk.most != most) {
      talk = new Talk(most, new LogFile<>(file, time, () -> {
        var turns = new Turns(most);
        return new Telling(turns, telling.apply(turns));
      }, (state, line) -> state.line.accept(line)));
      talks.put(file, talk);
      if (talks.size() > TALKS) {
        talks.remove(talks.keySet().iterator().next());
      }
    }
    return talk.log.read().map(state -> state.turns.messages()).orElse(List.of());
  }

  /** A title made of what the user first said: its first line, cut between words, so that no secret is cut in two. */
  static String title(String text) {
    var line = text.strip().lines().findFirst().orElse("");
    if (line.length() <= MAX_TITLE) {
      return line;
    }
    var end = line.lastIndexOf(' ', MAX_TITLE);
    return end > 0 ? line.substring(0, end) + " …" : "";
  }
}
