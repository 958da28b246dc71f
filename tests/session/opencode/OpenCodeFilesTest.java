package tests.session.opencode;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/**
 * The JSON files of OpenCode 1.0 and 1.1: only what has changed is read again, and nothing that lies there stops a listing or
 * leads out of it. That a file was not read is proved by spoiling it behind the reader's back, its size and time kept.
 */
class OpenCodeFilesTest {
  /** Milliseconds that the ids of the capture stand for, and that the ids in these tests start from. */
  private static final long CAPTURED = Instant.parse("2026-11-26T04:18:30Z").toEpochMilli();

  @TempDir
  Path folder;
  private Path storage;
  private Path project;
  private SessionStore store;

  @BeforeEach
  void lay() throws IOException {
    storage = Captured.lay("1.0.152", folder).resolve("storage");
    project = storage.resolve("session/global");
    store = Captured.store("opencode", folder, Map.of("A2A_AGENT_STORAGE_PATH", folder.toString()));
  }

  @Test
  void readsASessionAgainOnlyWhenItChanged() throws IOException {
    var session = Captured.titled(store, "List the stock");
    var other = store.sessions().stream().filter(s -> s.project().equals("global")).findFirst().orElseThrow();
    spoil(file(session));
    assertThat(store.sessions()).contains(session).hasSize(4);
    // and the one that does change is
    write(file(other), Json.readObject(Files.readString(file(other))).orElseThrow().put("title", "Another name"));
    assertThat(store.sessions()).extracting(Session::title).contains("Another name", "List the stock").hasSize(4);
  }

  @Test
  void readsOnlyTheNewestMessages() throws IOException {
    var session = session("ses_long", CAPTURED);
    for (var n = 0; n < 50; n++) {
      message("ses_long", id("msg", CAPTURED + n), CAPTURED + n);
    }
    for (var n = 0; n < 40; n++) { // older ones would be seen to be spoilt
      Files.writeString(storage.resolve("message/ses_long/" + id("msg", CAPTURED + n) + ".json"), "spoilt");
    }
    assertThat(store.messages(session, 10)).hasSize(10).extracting(Message::created).isSorted()
        .first().isEqualTo(Instant.ofEpochMilli(CAPTURED + 40));
  }

  @Test
  void ordersByTimeAlsoWhenTheIdsStartAgain() throws IOException {
    var wrap = (CAPTURED >> 36) << 36; // here the time in an id goes from all f to all 0
    var session = session("ses_wrap", wrap + 5);
    for (var at : new long[] {wrap - 2, wrap - 1, wrap, wrap + 1}) {
      message("ses_wrap", id("msg", at), at);
    }
    part(id("msg", wrap), id("prt", wrap + 2), "second");
    part(id("msg", wrap - 1), id("prt", wrap - 1), "first");
    part(id("msg", wrap - 1), id("prt", wrap), "second");
    assertThat(id("msg", wrap - 1)).as("by name it is the newest").isGreaterThan(id("msg", wrap + 1));
    var newest = store.messages(session, 3);
    assertThat(newest).extracting(message -> message.created().toEpochMilli()).containsExactly(wrap - 1, wrap, wrap + 1);
    assertThat(newest.getFirst().parts()).extracting(part -> part.path("text").asText()).containsExactly("first", "second");
  }

  @Test
  void skipsAHalfWrittenSessionUntilItIsWhole() throws IOException {
    var session = Captured.titled(store, "List the stock");
    var text = Files.readString(file(session));
    var half = project.resolve("ses_half.json");
    Files.writeString(half, "{\"id\": \"ses_half\", \"direc");
    Files.writeString(file(session), text.substring(0, text.length() / 2));
    // a new one is not there yet; of a known one, what it was before still counts
    assertThat(store.sessions()).hasSize(4).contains(session);
    Files.writeString(half, "{\"id\": \"ses_half\", \"directory\": \"/srv/notes\", \"title\": \"Whole\"}");
    Files.writeString(file(session), text.replace("List the stock", "Listed"));
    assertThat(store.sessions()).hasSize(5).extracting(Session::title).contains("Whole", "Listed");
  }

  @Test
  void seesWholeSessionsBesideAWriter() throws Exception {
    var file = project.resolve("ses_live.json");
    var whole = new String[] {
      "{\"id\": \"ses_live\", \"directory\": \"/srv/notes\", \"title\": \"" + "a".repeat(20_000) + "\"}",
      "{\"id\": \"ses_live\", \"directory\": \"/srv/notes\", \"title\": \"" + "b".repeat(100) + "\"}"};
    Files.writeString(file, whole[0]);
    assertThat(store.sessions()).hasSize(5);
    var stop = new AtomicBoolean();
    var writer = Thread.ofPlatform().start(() -> {
      for (var n = 0; !stop.get(); n++) {
        try (var out = Files.newOutputStream(file)) { // as OpenCode does: cut to nothing, then written in pieces
          var bytes = whole[n % 2].getBytes(StandardCharsets.UTF_8);
          for (var at = 0; at < bytes.length; at += 1000) {
            out.write(bytes, at, Math.min(1000, bytes.length - at));
          }
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      }
    });
    try {
      for (var n = 0; n < 3_000; n++) {
        assertThat(store.sessions()).hasSize(5).filteredOn(s -> s.id().equals("ses_live")).singleElement()
            .satisfies(s -> assertThat(s.title()).matches("a{20000}|b{100}"));
      }
    } finally {
      stop.set(true);
      writer.join();
    }
  }

  @Test
  void skipsFilesThatAreNoSession() throws IOException {
    Files.writeString(project.resolve("ses_text.json"), "not JSON at all");
    Files.writeString(project.resolve("ses_list.json"), "[1, 2]");
    Files.writeString(project.resolve("ses_empty.json"), "");
    Files.writeString(project.resolve("ses_other.json"), "{\"id\": \"ses_somebody\", \"directory\": \"/srv\"}");
    Files.writeString(project.resolve("ses_nowhere.json"), "{\"id\": \"ses_nowhere\", \"directory\": \"relative\"}");
    Files.writeString(project.resolve("ses_nul.json"), "{\"id\": \"ses_nul\", \"directory\": \"/srv/\\u0000\"}");
    Files.writeString(project.resolve("ses_deep.json"), "[".repeat(100_000));
    Files.writeString(project.resolve("ses_up.json"), "{\"id\": \"../../../up\", \"directory\": \"/srv\"}");
    Files.write(project.resolve("ses_bytes.json"), new byte[] {(byte) 0xff, 0, (byte) 0xc3, 0x28});
    Files.writeString(project.resolve("ses_huge.json"),
        "{\"id\": \"ses_huge\", \"directory\": \"/srv\", \"x\": \"" + "x".repeat(5 << 20) + "\"}");
    Files.createDirectory(project.resolve("ses_folder.json"));
    Files.writeString(storage.resolve("session/file"), "in place of a project");
    Files.writeString(project.resolve("ses_odd.json"), "{\"id\": \"ses_odd\", \"directory\": \"/srv\", \"time\": {\"created\": \"soon\", "
        + "\"updated\": 99999999999999999}, \"summary\": [], \"title\": \"\"}");
    Captured.age(folder);
    var sessions = store.sessions();
    assertThat(sessions).hasSize(5).filteredOn(s -> s.id().equals("ses_odd")).singleElement().satisfies(odd -> {
      assertThat(odd.created()).isNull();
      assertThat(odd.updated()).isNull();
      assertThat(odd.title()).isEqualTo("Untitled");
    });
    assertThat(store.sessions()).as("again").hasSameElementsAs(sessions);
  }

  @Test
  void skipsBadMessagesAndParts() throws IOException {
    var session = Captured.titled(store, "List the stock");
    var before = store.messages(session, 100);
    var parts = storage.resolve("part").resolve(before.get(1).id());
    Files.writeString(parts.resolve("prt_zz.json"), "{");
    Files.writeString(parts.resolve("prt_zzz.json"), "{\"id\": \"prt_other\"}");
    Files.writeString(storage.resolve("message").resolve(session.id()).resolve("msg_zz.json"), "{\"id\"");
    Files.writeString(storage.resolve("message").resolve(session.id()).resolve("msg_zzz.json"),
        "{\"id\": \"msg_zzz\", \"sessionID\": \"ses_other\", \"role\": \"user\"}");
    Captured.age(folder);
    assertThat(store.messages(session, 100)).isEqualTo(before);
  }

  @Test
  void followsNoLinkAndNoId() throws IOException {
    var outside = Files.createDirectories(folder.resolve("outside"));
    Files.writeString(outside.resolve("ses_out.json"), "{\"id\": \"ses_out\", \"directory\": \"/srv\"}");
    Files.createSymbolicLink(project.resolve("ses_out.json"), outside.resolve("ses_out.json"));
    Files.createSymbolicLink(storage.resolve("session/linked"), outside);
    Files.createSymbolicLink(storage.resolve("session/loop"), storage.resolve("session"));
    Files.createSymbolicLink(project.resolve("ses_loop.json"), project.resolve("ses_loop.json"));
    assertThat(store.sessions()).hasSize(4);
    assertThat(store.session("ses_out")).isEmpty();
    assertThat(store.session("../../outside/ses_out")).isEmpty();
    var session = Captured.titled(store, "List the stock");
    // and the messages of a session are not those of a linked folder
    Files.createSymbolicLink(storage.resolve("message/ses_linked"), storage.resolve("message").resolve(session.id()));
    var linked = new Session("ses_linked", "opencode", "", session.directory(), null, null, null, 0, Json.object(), null);
    assertThat(store.messages(linked, 10)).isEmpty();
  }

  @Test
  void forgetsADeletedSession() throws IOException {
    var session = Captured.titled(store, "List the stock");
    Files.delete(file(session));
    assertThat(store.sessions()).hasSize(3);
    assertThat(store.session(session.id())).isEmpty();
  }

  private Session session(String id, long updated) throws IOException {
    write(project.resolve(id + ".json"), Json.object().put("id", id).put("directory", "/srv").put("title", id)
        .set("time", Json.object().put("created", updated).put("updated", updated)));
    return store.session(id).orElseThrow();
  }

  private void message(String session, String id, long created) throws IOException {
    write(storage.resolve("message").resolve(session).resolve(id + ".json"), Json.object().put("id", id).put("sessionID", session)
        .put("role", "user").set("time", Json.object().put("created", created)));
  }

  private void part(String message, String id, String text) throws IOException {
    write(storage.resolve("part").resolve(message).resolve(id + ".json"),
        Json.object().put("id", id).put("type", "text").put("text", text));
  }

  private static String id(String kind, long millis) {
    return kind + "_%012xABCDEFGHIJKLMN".formatted((millis << 12 | 1) & 0xffff_ffff_ffffL);
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, Json.pretty(json));
  }

  private Path file(Session session) {
    return storage.resolve("session").resolve(session.project()).resolve(session.id() + ".json");
  }

  /** Makes rubbish of a file that looks the same afterwards. */
  private static void spoil(Path file) throws IOException {
    var modified = Files.getLastModifiedTime(file);
    var number = Files.readAttributes(file, "unix:ino").get("ino");
    Files.writeString(file, "x".repeat((int) Files.size(file)));
    Files.setLastModifiedTime(file, modified);
    assertThat(Files.readAttributes(file, "unix:ino").get("ino")).isEqualTo(number);
  }
}
