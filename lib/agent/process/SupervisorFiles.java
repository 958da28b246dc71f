package lib.agent.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.agent.process.AttemptDirectory.Exit;
import lib.agent.process.AttemptDirectory.Pids;
import lib.core.MachineFailure;
import lib.core.os.ProcFs;

/**
 * What the supervisor writes into an attempt's directory: the mark that the agent was let go, and its end. Each is one write
 * of a few lines, and counts once its last line is there.
 */
record SupervisorFiles(Path path) {
  /** Made once, by the supervisor just before it becomes the agent, or by the worker, which forbids the start with an empty one. */
  static final String MARK = "pid";
  /** The id of the machine's boot when the inputs were written. */
  static final String BOOT = "boot";
  static final String EXIT = "exit";
  private static final String FORBIDDEN = "forbidden";
  static final String NUMBER = "\\d{1,18}"; // what fits into a long

  Optional<Pids> pids() throws IOException {
    var fields = fields(MARK);
    if (!fields.containsKey("boot")) {
      return Optional.empty();
    }
    var supervisor = fields.get("supervisor");
    var agent = fields.get("agent");
    return Optional.of(new Pids(number(supervisor, 0), number(supervisor, 1), number(agent, 0), number(agent, 1),
        String.join("", fields.get("boot"))));
  }

  Optional<Exit> exit() throws IOException {
    var fields = fields(EXIT);
    var code = fields.getOrDefault("code", List.of());
    return !fields.containsKey("cause") || code.isEmpty() || !code.getFirst().matches(NUMBER) ? Optional.empty()
        : Optional.of(new Exit((int) number(code, 0), String.join("", fields.get("cause"))));
  }

  boolean wasStarted() throws IOException {
    if (exit().filter(Exit::isUnstarted).isPresent()) {
      return false;
    }
    var boot = path.resolve(BOOT);
    return pids().isPresent() || hasSaid("out") || hasSaid("err")
        || Files.exists(boot) && !ProcFs.read(boot).equals(ProcFs.boot());
  }

  private boolean hasSaid(String name) throws IOException {
    var file = path.resolve(name);
    return Files.isRegularFile(file) && Files.size(file) > 0; // only the agent writes there
  }

  boolean forbidStart() throws MachineFailure {
    try {
      if (!Files.isDirectory(path)) {
        return false; // a supervisor cannot write its mark there either
      }
      if (wasStarted()) {
        return true;
      }
      Files.writeString(path.resolve(MARK), FORBIDDEN + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return false;
    } catch (FileAlreadyExistsException e) {
      return isBeingStarted();
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /** A mark without content: its supervisor fills it this instant, or died there. */
  private boolean isBeingStarted() throws MachineFailure {
    try {
      return wasStarted() || !fields(MARK).containsKey(FORBIDDEN) && Supervisor.find(new AttemptDirectory(path)).isPresent();
    } catch (IOException e) {
      throw MachineFailure.writing(path, e);
    }
  }

  /** Lines of a word and its values. */
  private Map<String, List<String>> fields(String name) throws IOException {
    var fields = new HashMap<String, List<String>>();
    try {
      for (var line : Files.readAllLines(path.resolve(name), StandardCharsets.ISO_8859_1)) {
        var parts = List.of(line.strip().split(" "));
        fields.put(parts.getFirst(), parts.subList(1, parts.size()));
      }
    } catch (NoSuchFileException e) {
      return Map.of();
    }
    return fields;
  }

  private static long number(List<String> values, int place) {
    return values != null && place < values.size() && values.get(place).matches(NUMBER) ? Long.parseLong(values.get(place)) : 0;
  }
}
