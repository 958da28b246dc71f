///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import lib.cli.CodebaseRef;
import lib.cli.Command;
import lib.cli.ServerCommand;
import lib.cli.output.CommandIo;
import lib.cli.output.DetailView;
import lib.cli.output.OutputPrinter;
import lib.cli.output.TextTable;
import lib.client.ApiClient;
import lib.client.SessionClient.Resume;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Json;
import lib.core.PrintableText;
import lib.core.Problem;
import lib.protocol.SessionInfo;
import lib.protocol.SessionMessage;
import lib.protocol.Task;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code sessions}: what agents and people said to each other, as workers tell the server, and going on with it. */
@CommandLine.Command(name = "sessions", description = "List, read and resume the agents' sessions that workers uploaded.",
    footer = "%nExample: worker sessions list")
public final class sessions extends Command {
  public sessions(CommandIo io) {
    super(io);
  }

  @Override
  protected List<Command> children() {
    return List.of(new Listing(io), new Show(io), new Messages(io), new ResumeIt(io));
  }

  /** What the commands below have in common: where to look. */
  abstract static class OnCodebases extends ServerCommand {
    @Option(names = "--codebase", paramLabel = "ID|NAME|PATH",
        description = "look only in this codebase; global for sessions below none (default: in all)")
    String codebase;

    OnCodebases(CommandIo io) {
      super(io);
    }

    /** The ids to look in. */
    final List<String> ids(List<CodebaseRef> known) {
      return codebase != null ? CodebaseRef.ids(known, codebase, io.env())
          : Stream.concat(known.stream().map(p -> p.codebase().id()), Stream.of(Task.GLOBAL)).distinct().toList();
    }

    /** Calls the server, which has answered before; empty when it has no such thing. */
    final <T> Optional<T> there(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
      try {
        return Optional.of(ask(client, call));
      } catch (Problem e) {
        switch (e.getCause() instanceof ApiException failed ? failed.kind() : ApiException.Kind.GARBLED) {
          case MISSING -> {
            return Optional.empty();
          }
          case NO_ROUTE -> throw new Problem("the server " + client.server() + " keeps no sessions", "it has no such call",
              "ask one that does; our own does: serve");
          default -> throw e;
        }
      }
    }

    /** As {@code --json} shows it, whatever server it is from. */
    static ObjectNode json(SessionInfo s) {
      return Json.object().put("id", s.id()).put("codebase_id", s.codebaseId()).put("title", s.title()).put("directory", s.directory())
          .put("created", text(s.created())).put("updated", text(s.updated())).put("messages", s.messages())
          .put("agent_kind", s.agentKind()).put("worker_id", s.workerId());
    }

    static String text(Instant instant) {
      return instant == null ? null : instant.toString();
    }
  }

  /** What the commands about one session have in common. */
  abstract static class OnSession extends OnCodebases {
    private static final int PAGE = 200; // servers give no more at once
    private static final int MAX_PAGES = 50; // a codebase of more than 10,000 sessions wants a whole id

    @Parameters(index = "0", paramLabel = "ID", description = "the session, or how its id begins when no other does so")
    String id;

    OnSession(CommandIo io) {
      super(io);
    }

    /** @throws Problem when there is none, or several */
    final SessionInfo find(ApiClient client, List<CodebaseRef> known) throws InterruptedException {
      var found = new ArrayList<SessionInfo>();
      if (!id.isBlank()) {
        var ids = ids(known);
        for (var where : ids) {
          there(client, () -> client.sessions().get(where, id)).ifPresent(found::add);
        }
        if (found.isEmpty()) {
          for (var where : ids) {
            addBeginning(client, where, found);
          }
        }
      }
      if (found.stream().anyMatch(s -> s.id().equals(id))) {
        found.removeIf(s -> !s.id().equals(id));
      }
      return only(client, found);
    }

    private void addBeginning(ApiClient client, String where, List<SessionInfo> found) throws InterruptedException {
      for (var pages = 0; pages < MAX_PAGES; pages++) {
        var offset = pages * PAGE;
        var page = there(client, () -> client.sessions().list(where, PAGE, offset, null));
        page.ifPresent(p -> p.sessions().stream().filter(s -> s.id().startsWith(id)).forEach(found::add));
        if (page.isEmpty() || page.get().sessions().isEmpty() || offset + page.get().sessions().size() >= page.get().total()) {
          return;
        }
      }
    }

    private SessionInfo only(ApiClient client, List<SessionInfo> found) {
      if (found.stream().map(SessionInfo::id).distinct().count() > 1) {
        throw new Problem("several sessions begin with " + id, String.join(", ", found.stream().map(SessionInfo::id).distinct().limit(5)
            .toList()), "give more of the id");
      }
      var inCodebases = found.stream().filter(s -> !Task.GLOBAL.equals(s.codebaseId())).toList();
      if (inCodebases.size() > 1) {
        throw new Problem("session " + found.getFirst().id() + " is in several codebases",
            String.join(", ", inCodebases.stream().map(SessionInfo::codebaseId).toList()), "choose one with --codebase");
      }
      return Stream.concat(inCodebases.stream(), found.stream()).findFirst().orElseThrow(() -> new Problem(
          "there is no session " + (id.isBlank() ? "''" : id), client.server() + " knows none whose id begins so"
          + (codebase == null ? "" : " in codebase " + codebase), "sessions list"));
    }
  }

  @CommandLine.Command(name = "list", description = "List sessions, the newest first. With --json an array: id, "
      + "codebase_id, title, directory, created, updated, messages, agent_kind, worker_id.",
      footer = "%nExample: worker sessions list --codebase demo --search login")
  static final class Listing extends OnCodebases {
    @Option(names = "--limit", paramLabel = "N", description = "so many at most, 200 of one codebase (default: 50)")
    private int limit = 50;

    @Option(names = "--search", paramLabel = "TEXT", description = "only those whose title or id has this in it")
    private String search;

    Listing(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      checkLimit(limit);
      var client = client();
      var found = new ArrayList<SessionInfo>();
      var total = 0;
      for (var id : ids(ask(client, () -> CodebaseRef.all(client)))) {
        var page = there(client, () -> client.sessions().list(id, limit, 0, search == null || search.isBlank() ? null : search));
        found.addAll(page.map(p -> p.sessions()).orElse(List.of()));
        total += page.map(p -> p.total()).orElse(0);
      }
      var shown = found.stream().sorted(Comparator.comparing(SessionInfo::latest).reversed()).limit(limit).toList();
      if (json) {
        var array = Json.MAPPER.createArrayNode();
        shown.forEach(session -> array.add(json(session)));
        io.out().println(Json.pretty(array));
        return Problem.Exit.DONE.code;
      }
      if (shown.isEmpty()) {
        io.say(search != null && !search.isBlank() ? "no session has " + PrintableText.of(search) + " in its title or id\n"
            : "no sessions: no worker has uploaded any" + (codebase == null ? "" : " in codebase " + codebase) + "\n");
        return Problem.Exit.DONE.code;
      }
      TextTable.fit(io, List.of("ID", "UPDATED", "CODEBASE", "MESSAGES", "TITLE"), shown.stream().map(s -> List.of(s.id(),
          io.when(s.latest().equals(Instant.EPOCH) ? null : s.latest()), s.codebaseId(),
          s.messages() == null ? "" : s.messages().toString(), s.title() == null ? "" : s.title())).toList());
      if (total > shown.size()) {
        io.say(shown.size() + " of " + total + "; --limit N shows more, --search TEXT finds one\n");
      }
      return Problem.Exit.DONE.code;
    }
  }

  private static void checkLimit(int limit) {
    if (limit < 1) {
      throw new Problem("--limit is " + limit, "it must be at least 1", "leave it out for the usual number").ending(Problem.Exit.USAGE);
    }
  }

  @CommandLine.Command(name = "show", description = "Show one session: title, codebase, folder, times, whose it is; "
      + "with --json the fields of the list.",
      footer = "%nExample: worker sessions show ses_5f3c")
  static final class Show extends OnSession {
    Show(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      var client = client();
      var session = find(client, ask(client, () -> CodebaseRef.all(client)));
      if (json) {
        io.print(Json.pretty(json(session)) + "\n");
        return Problem.Exit.DONE.code;
      }
      new DetailView().field("id", session.id()).field("title", session.title()).field("codebase", session.codebaseId())
          .field("directory", session.directory()).field("agent", session.agentKind()).field("worker", session.workerId())
          .field("messages", session.messages()).field("created", session.created()).field("updated", session.updated()).print(io);
      return Problem.Exit.DONE.code;
    }
  }

  @CommandLine.Command(name = "messages", description = "Print a session's newest messages, oldest first. With --json an array: id, role, "
      + "created, model, text, tools.", footer = "%nExample: worker sessions messages --limit 10 ses_5f3c")
  static final class Messages extends OnSession {
    @Option(names = "--limit", paramLabel = "N", description = "so many at most (default: 100)")
    private int limit = 100;

    Messages(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws InterruptedException {
      checkLimit(limit);
      var client = client();
      var session = find(client, ask(client, () -> CodebaseRef.all(client)));
      var talk = ask(client, () -> client.sessions().messages(session.codebaseId(), session.id(), limit));
      if (json) {
        var array = Json.MAPPER.createArrayNode();
        talk.messages().forEach(m -> array.add(Json.object().put("id", m.id()).put("role", m.role()).put("created", text(m.created()))
            .put("model", m.model()).put("text", m.text()).set("tools", Json.array(m.tools()))));
        io.print(Json.pretty(array) + "\n");
        return Problem.Exit.DONE.code;
      }
      if (talk.messages().isEmpty()) {
        io.say("no messages: its worker uploaded the session only\n");
      } else {
        io.print(String.join("\n", talk.messages().stream().map(Messages::words).toList()));
      }
      if (talk.total() > talk.messages().size()) {
        io.say("\nthe newest " + talk.messages().size() + " of " + talk.total() + "; --limit N shows more\n");
      }
      return Problem.Exit.DONE.code;
    }

    private static String words(SessionMessage message) {
      var head = Stream.of(message.role() == null ? "-" : message.role(), text(message.created()), message.model())
          .filter(part -> part != null).map(PrintableText::of).toList();
      var text = new StringBuilder("— " + String.join(", ", head) + "\n");
      if (!message.text().isBlank()) {
        text.append(message.text().stripTrailing()).append('\n');
      }
      message.tools().forEach(tool -> text.append('[').append(PrintableText.of(tool)).append("]\n"));
      return text.toString();
    }
  }

  @CommandLine.Command(name = "resume", description = "Continue a session: a task for the worker that has it. While the same resume is "
      + "under way, our own server makes no second task.",
      footer = "%nExample: worker sessions resume --follow ses_5f3c \"Now add a test\"")
  static final class ResumeIt extends OnSession {
    @Parameters(index = "1", arity = "0..1", paramLabel = "PROMPT",
        description = "what the agent is asked (default: to go on); - reads it from standard input")
    private String prompt;

    @Option(names = "--agent-type", paramLabel = "TYPE", description = "build, plan, general, explore (default: build)")
    private String agentType;

    @Option(names = "--model", paramLabel = "P/M", description = "provider/model")
    private String model;

    @Option(names = "--follow", description = OutputPrinter.FOLLOW)
    private boolean follow;

    ResumeIt(CommandIo io) {
      super(io);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      var text = prompt == null ? null : prompt(prompt);
      var client = client();
      var known = ask(client, () -> CodebaseRef.all(client));
      var session = find(client, known);
      var how = new Resume(text, agentType, model, UUID.randomUUID().toString()); // so that trying again makes no second one
      var resumed = create(client, () -> client.sessions().resume(session.codebaseId(), session.id(), how));
      if (resumed.taskId() == null) {
        throw new Problem("session " + session.id() + " is not resumed", client.server() + " made no task",
            "create it: tasks create --resume " + session.id() + " PROMPT");
      }
      if (!resumed.created()) {
        io.say("it is being resumed already, by this task\n");
      }
      known.stream().filter(place -> place.codebase().id().equals(session.codebaseId()) && !place.alive()).forEach(place ->
          io.say("no live worker has codebase " + place.codebase().name() + "; the task waits for one\n"));
      if (follow) {
        io.say("task " + resumed.taskId() + "\n");
        return follow(client, resumed.taskId());
      }
      print(ask(client, () -> client.task(resumed.taskId())));
      return Problem.Exit.DONE.code;
    }
  }

  public static void main(String[] args) {
    System.exit(new sessions(CommandIo.of(System.in, System.out, System.err)).run(args));
  }
}
