package lib.cli.output;

import module java.base;
import lib.core.Json;
import lib.protocol.Task;

/** Prints what a task says. One per task; not thread-safe. */
public abstract class OutputPrinter {
  /** What {@code --follow} does, wherever a task is made. */
  public static final String FOLLOW = "print its output and wait for its end; exit 1 unless it completes; with --json one document at "
      + "the end: id, status, outputs, result, error";

  private OutputPrinter() {}

  /** The next chunk. */
  public abstract void take(String chunk);

  /** The task has no more to say, for now at least: what is answered without an agent has no output but its result. */
  public abstract void end(Task task);

  /** All of it to standard output. */
  public static OutputPrinter plain(CommandIo io) {
    Consumer<String> out = io::print;
    return new Text(out, out);
  }

  /** What the agent said to standard output; its stderr and the worker's own last line to where all else goes. */
  public static OutputPrinter sorted(CommandIo io) {
    return new Text(io::print, io::say);
  }

  /** One JSON document at the end: {@code id, status, outputs, result, error}. */
  public static OutputPrinter json(CommandIo io) {
    return new Document(io);
  }

  /** Text in two places, which may be the same. */
  private static final class Text extends OutputPrinter {
    private static final String CLOSING = "— ";
    private static final String STDERR = "[stderr] ";
    private final Consumer<String> words;
    private final Consumer<String> rest;
    private String held = "";
    private Consumer<String> begun; // where the rest of a line goes whose beginning is printed; null between lines
    private boolean any;

    private Text(Consumer<String> words, Consumer<String> rest) {
      this.words = words;
      this.rest = rest;
    }

    @Override
    public void take(String chunk) {
      any |= !chunk.isEmpty();
      if (words == rest) {
        words.accept(chunk);
        return;
      }
      var all = held + chunk;
      held = "";
      for (var at = 0; at < all.length(); ) {
        var end = all.indexOf('\n', at) + 1;
        var whole = end > 0;
        end = whole ? end : all.length();
        var part = all.substring(at, end);
        // only the last line of all is the worker's own: an agent's text may have lines that look like it
        var last = part.startsWith(CLOSING) && end == all.length();
        if (begun == null && (last || !whole && (CLOSING.startsWith(part) || STDERR.startsWith(part)))) {
          held = part;
          return;
        }
        begun = begun != null ? begun : part.startsWith(STDERR) ? rest : words;
        begun.accept(part);
        begun = whole ? null : begun;
        at = end;
      }
    }

    @Override
    public void end(Task task) {
      if (!any && task.result() != null) {
        words.accept(task.result().stripTrailing() + "\n");
      }
      (held.startsWith(CLOSING) ? rest : words).accept(held);
    }
  }

  private static final class Document extends OutputPrinter {
    private final CommandIo io;
    private final List<String> outputs = new ArrayList<>();

    private Document(CommandIo io) {
      this.io = io;
    }

    @Override
    public void take(String chunk) {
      outputs.add(chunk);
    }

    @Override
    public void end(Task task) { // the result stands in its own field
      var document = Json.object().put("id", task.id()).put("status", task.status().word());
      document.set("outputs", Json.array(outputs));
      io.print(Json.pretty(document.put("result", task.result()).put("error", task.error())) + "\n");
    }
  }
}
