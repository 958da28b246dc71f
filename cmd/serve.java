///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
// sun.misc.Signal is the JDK's only way to hear of TERM without dying of it; javac warns of it otherwise
//JAVAC_OPTIONS -XDignore.symbol.file
package cmd;

import module java.base;
import lib.cli.Command;
import lib.cli.LocalServer;
import lib.cli.Logging;
import lib.cli.output.CommandIo;
import lib.config.Setting.Use;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Problem;
import lib.redaction.Secrets;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import picocli.CommandLine;
import sun.misc.Signal;

/** {@code serve}: the embedded server, until INT or TERM. */
@CommandLine.Command(name = "serve", description = "Run the embedded server until INT or TERM.",
    footer = "%nExample: worker serve --port 8080 --data ~/server")
public final class serve extends Command {
  public serve() {
    super(Use.SERVE);
  }

  @Override
  public Integer call() throws InterruptedException {
    var given = settings();
    var folder = ServerOptions.database(given).getParent();
    var settings = LocalServer.withToken(given, folder, io);
    var options = ServerOptions.of(settings);
    Logging.start(settings, Secrets.of(settings), settings.get(SettingsTable.LOG_LEVEL), io);
    var stop = new CountDownLatch(1);
    var signals = List.of(new Signal("INT"), new Signal("TERM"));
    var before = signals.stream().map(signal -> Signal.handle(signal, s -> stop.countDown())).toList();
    var token = Tokens.any(settings.get(SettingsTable.TOKENS));
    try (var running = EmbeddedServer.start(options, Clock.SYSTEM, url -> {
      LocalServer.announce(folder, options.lock(), url, token);
      LocalServer.link(folder, io);
      io.out().println("CodeTether server on " + url);
    })) {
      stop.await();
    } finally {
      for (var i = 0; i < before.size(); i++) {
        Signal.handle(signals.get(i), before.get(i)); // the console runs this command too, and goes on
      }
    }
    return Problem.Exit.DONE.code;
  }

  public static void main(String[] args) {
    System.exit(new serve().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
