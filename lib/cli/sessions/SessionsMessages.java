package lib.cli.sessions;

import module java.base;
import lib.core.Json;
import lib.core.PrintableText;
import lib.core.Problem;
import lib.protocol.SessionMessage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sessions messages}. */
@Command(name = "messages", description = "Print a session's newest messages, oldest first. With --json an array: id, role, "
    + "created, model, text, tools.", footer = "%nExample: worker sessions messages --limit 10 ses_5f3c")
public final class SessionsMessages extends OneSessionCommand {
  @Option(names = "--limit", paramLabel = "N", description = "so many at most (default: 100)")
  private int limit = 100;

  @Override
  public Integer call() throws InterruptedException {
    checkLimit(limit);
    var client = client();
    var session = find(client);
    var talk = ask(client, () -> client.sessions().messages(session.codebaseId(), session.id(), limit));
    if (json) {
      var array = Json.MAPPER.createArrayNode();
      talk.messages().forEach(m -> array.add(Json.object().put("id", m.id()).put("role", m.role()).put("created", text(m.created()))
          .put("model", m.model()).put("text", m.text()).set("tools", Json.array(m.tools()))));
      return print(Json.pretty(array));
    }
    if (talk.messages().isEmpty()) {
      io.say("no messages: its worker uploaded the session only\n");
    }
    io.print(String.join("\n", talk.messages().stream().map(SessionsMessages::words).toList()));
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
