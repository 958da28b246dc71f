package tests.session.sync;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static tests.session.sync.SyncFixture.A;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.redaction.Redaction;
import lib.session.Message;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import tests.fake.Request;

/** What leaves of a session holds no secret and fits into a request, and says what is missing. */
class TruncationTest {
  private static final int MAX_REQUEST = 1_000_000;
  private static final String SECRET = "correct-horse-battery";
  @AutoClose
  private final SyncFixture here = new SyncFixture();

  private static Message message(String id, ObjectNode... parts) {
    return new Message(id, "assistant", Instant.EPOCH, "build", "p/m", 0.5, MissingNode.getInstance(), List.of(parts));
  }

  private static ObjectNode tool(String id, String output) {
    var part = Json.object().put("id", id).put("type", "tool").put("tool", "bash").put("callID", "call-" + id);
    part.putObject("state").put("status", "completed").put("output", output).putObject("input").put("command", "cat");
    return part;
  }

  private static int bytes(Request request) {
    return request.body().getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void masksEveryTextAndSpoilsNoId() throws Exception {
    here.mask = Redaction.of(Map.of(SECRET, "PASSWORD"))::mask;
    here.store.put("ses_1", "title " + SECRET, A, 1, "x");
    var part = tool("prt_1", "it is " + SECRET);
    part.put("sessionID", SECRET);
    ((ObjectNode) part.path("state").path("input")).put("id", SECRET).putArray("arguments").add(SECRET).addObject().put("deep", SECRET)
        .put("name " + SECRET, 1);
    here.store.messages("ses_1", message("msg_1", Json.object().put("id", "prt_0").put("type", "text").put("text", "say " + SECRET), part));
    here.pass();
    assertThat(here.requests()).isNotEmpty().allSatisfy(r -> assertThat(r.body()).doesNotContain(SECRET));
    assertThat(here.server.sessions("a").getFirst().path("title").asText()).startsWith("title [PASSWORD");
    var sent = here.server.messages("ses_1").getFirst();
    assertThat(sent.path("id").asText()).isEqualTo("msg_1");
    assertThat(sent.path("parts").path(1).path("callID").asText()).isEqualTo("call-prt_1");
    assertThat(sent.path("parts").path(1).path("state").path("output").asText()).contains("it is [PASSWORD");
    assertThat(sent.path("cost").asDouble()).isEqualTo(0.5);
  }

  @Test
  void masksASecretThatIsANumber() throws Exception {
    here.mask = Redaction.of(Map.of("8675309867", "A_PIN"))::mask;
    here.store.put("s1", "t", A, 1, "x");
    var part = tool("p1", "ok");
    ((ObjectNode) part.path("state").path("input")).put("pin", 8675309867L).put("retries", 3);
    here.store.messages("s1", message("m1", part));
    here.pass();
    assertThat(here.requests().getLast().body()).doesNotContain("8675309867").contains("A_PIN", "\"retries\":3");
  }

  @Test
  void masksBeforeItCutsALongText() throws Exception {
    here.mask = Redaction.of(Map.of(SECRET, "PASSWORD"))::mask;
    here.store.put("s1", "t", A, 1, "x").messages("s1", message("m1", tool("p1", (SECRET + " ").repeat(100_000))));
    here.pass();
    assertThat(here.requests().getLast().body()).doesNotContain("correct", "battery").contains("characters left out");
  }

  @Test
  void cutsTheMiddleOfALongText() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    var output = "begin " + "é😀\n".repeat(1_000_000) + " end";
    here.store.messages("s1", message("m1", Json.object().put("id", "p0").put("type", "text").put("text", "short"), tool("p1", output)));
    here.pass();
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(MAX_REQUEST));
    var parts = here.server.messages("s1").getFirst().path("parts");
    assertThat(parts.path(0).path("text").asText()).isEqualTo("short");
    var sent = parts.path(1).path("state").path("output").asText();
    assertThat(sent).startsWith("begin é😀").endsWith("é😀\n end").doesNotContain("�");
    var left = Integer.parseInt(sent.replaceFirst("(?s).*\\[… (\\d+) characters left out …].*", "$1"));
    assertThat(sent.replaceFirst("\n\\[… \\d+ characters left out …]\n", "").length() + left).isEqualTo(output.length());
    assertThat(here.pass().lines().getFirst().requests()).as("and it is not sent again").isZero();
  }

  @Test
  void cutsAllTextsShorterWhenManyMessagesAreLong() throws Exception {
    here.store.put("s1", "one", A, 1, IntStream.range(0, 30).mapToObj(i -> i + "x".repeat(100_000)).toArray(String[]::new));
    here.pass();
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(MAX_REQUEST));
    assertThat(here.server.messages("s1")).hasSize(30);
  }

  @Test
  void keepsTheLastPartsOfAMessageWithTooMany() throws Exception {
    here.store.put("s1", "one", A, 1, "x").messages("s1", message("m0", tool("p", "out")), message("m1", IntStream.range(0, 8_000)
        .mapToObj(i -> tool("p" + i, "out")).toArray(ObjectNode[]::new)));
    here.pass();
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(MAX_REQUEST));
    assertThat(here.server.messages("s1")).hasSize(1);
    var parts = here.server.messages("s1").getFirst().path("parts");
    assertThat(parts.path(0).path("text").asText()).isEqualTo("[… parts left out: " + (8_000 - parts.size() + 1) + "]");
    assertThat(parts.path(parts.size() - 1).path("id").asText()).isEqualTo("p7999");
  }

  @Test
  void keepsTheNewestSessionsOfAListThatIsTooLong() throws Exception {
    here.begin(3, 100);
    IntStream.range(0, 1_000).forEach(i -> here.store.put("s" + i, "x".repeat(2_000), A, i, "x"));
    var line = here.pass().lines().getFirst();
    assertThat(bytes(here.requests().getFirst())).isBetween(MAX_REQUEST * 9 / 10, MAX_REQUEST);
    assertThat(here.server.sessions("a")).hasSize(1_000 - line.leftOut());
    assertThat(here.server.sessions("a").getFirst().path("id").asText()).isEqualTo("s999");
  }

  @Test
  void sendsNoMessagesOfSessionsThatTheListLeavesOut() throws Exception {
    here.begin(1_000, 100);
    IntStream.range(0, 100).forEach(i -> here.store.put("s" + i, "漢".repeat(5_000), A, i, "x"));
    var line = here.pass().lines().getFirst();
    assertThat(line.leftOut()).isPositive();
    assertThat(line.messages()).isEqualTo(100 - line.leftOut());
    assertThat(here.live("s0")).isEqualTo(-1);
  }

  @Test
  void replacesWhatNoDatabaseTakesAndMakesDeepJsonText() throws Exception {
    var part = tool("p1", "a\0b").put("callID", "c\0d");
    var deep = part.putObject("input");
    for (var i = 0; i < 200; i++) {
      deep = deep.putObject("d");
    }
    deep.put("text", "at the bottom");
    here.store.put("s1", "one", A, 1, "x").messages("s1", message("m1", part));
    here.pass();
    var body = here.requests().getLast().body();
    assertThat(body).contains("a�b", "c�d", "at the bottom").doesNotContain("\\u0000");
    assertThat(depth(Json.read(body))).isLessThan(100);
  }

  private static int depth(JsonNode node) {
    return 1 + node.valueStream().mapToInt(TruncationTest::depth).max().orElse(0);
  }
}
