package tests.client;

import module java.base;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.client.http.SseParser;

/** A program of its own with little memory: asks a server for tasks and reads a large event, and prints what came of it. */
final class SmallHeap {
  private SmallHeap() {}

  public static void main(String[] args) throws Exception {
    var client = new ApiClient(new ServerAddress(URI.create(args[0]), null, null, ApiClientTest.env(Map.of())));
    client.pathFamily();
    for (var id : new String[] {"long", "deep"}) {
      try {
        System.out.println(id + ": " + client.task(id));
      } catch (ApiException e) {
        System.out.println(id + ": " + e.kind() + " " + e.getMessage());
      }
    }
    var events = new SseParser(new ByteArrayInputStream(("data: " + "x".repeat(5 << 20) + "\n\ndata: small\n\n").getBytes(StandardCharsets.UTF_8)));
    System.out.println("event: " + events.next().data());
  }
}
