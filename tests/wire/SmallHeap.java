package tests.wire;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Server;
import lib.wire.Sse;

/** A program of its own with little memory: asks a server for tasks and reads a large event, and prints what came of it. */
final class SmallHeap {
  private SmallHeap() {}

  public static void main(String[] args) throws Exception {
    var client = new Client(new Server(URI.create(args[0]), null, null, ClientTest.env(Map.of())));
    client.dialect();
    for (var id : new String[] {"long", "deep"}) {
      try {
        System.out.println(id + ": " + client.task(id));
      } catch (CallFailed e) {
        System.out.println(id + ": " + e.kind() + " " + e.getMessage());
      }
    }
    var events = new Sse(new ByteArrayInputStream(("data: " + "x".repeat(5 << 20) + "\n\ndata: small\n\n").getBytes(StandardCharsets.UTF_8)));
    System.out.println("event: " + events.next().data());
  }
}
