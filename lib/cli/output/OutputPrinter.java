package lib.cli.output;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import lib.core.Json;
import lib.protocol.Task;

/** Prints what a task says. One per task; not thread-safe. */
public abstract class OutputPrinter {
  /** What {@code --follow} does, wherever a task is made. */
  public static final String FOLLOW = "print its output and wait for its end; exit 1 unless it completes; with --json one document at "
      + "the end: id, status, outputs, result, error";

  protected final CommandIo io;
  private boolean any;

  private OutputPrinter(CommandIo io) {
    this.io = io;
  }

  /** The next chunk. */
  public final void take(String chunk) {
    any |= !chunk.isEmpty();
    put(chunk);
  }

  /** The task has no more to say, for now at least: what is answered without an agent has no output but its result. */
  public void end(Task task) {
    if (!any && task.result() != null) {
      io.print(task.result().stripTrailing() + "\n");
    }
  }

  protected abstract void put(String chunk);

  /** All of it to standard output. */
  public static OutputPrinter plain(CommandIo io) {
    return new OutputPrinter(io) {
      @Override
      protected void put(String chunk) {
        io.print(chunk);
      }
    };
  }

  /** What the agent said to standard output; its stderr and the worker's own last line to where all else goes. */
  public static OutputPrinter sorted(CommandIo io) {
    return new Sorted(io);
  }

  /** One JSON document at the end: {@code id, status, outputs, result, error}. */
  public static OutputPrinter json(CommandIo io) {
    return new Document(io);
  }

  private static final class Sorted extends OutputPrinter {
    private static final String CLOSING = "— ";
    private static final String STDERR = "[stderr] ";
    private String held = "";
    private PrintStream begun; // where the rest of a line goes whose beginning is printed; null between lines

    Sorted(CommandIo io) {
      super(io);
    }

    @Override
    protected void put(String chunk) {
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
        begun = begun != null ? begun : part.startsWith(STDERR) ? io.err() : io.out();
        write(part);
        begun = whole ? null : begun;
        at = end;
      }
    }

    private void write(String part) {
      if (begun == io.out()) {
        io.print(part);
      } else {
        io.say(part);
      }
    }

    @Override
    public void end(Task task) {
      super.end(task);
      begun = held.startsWith(CLOSING) ? io.err() : io.out();
      write(held);
    }
  }

  private static final class Document extends OutputPrinter {
    private final List<String> outputs = new ArrayList<>();

    Document(CommandIo io) {
      super(io);
    }

    @Override
    protected void put(String chunk) {
      outputs.add(chunk);
    }

    @Override
    public void end(Task task) { // the result stands in its own field
      var document = Json.object().put("id", task.id()).put("status", task.status().word());
      document.set("outputs", Json.array(outputs));
      io.out().println(Json.pretty(document.put("result", task.result()).put("error", task.error())));
    }
  }
}
