package tests.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tests.session.Sent.A;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lib.client.http.ApiException;
import lib.core.Json;
import lib.redaction.Redaction;
import lib.session.Message;
import lib.session.Sync;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.Request;

/** What leaves of a session holds no secret and fits into a request, and says what is missing. */
class FittingTest {
  private static final int LARGEST = 1_000_000;
  private static final String SECRET = "correct-horse-battery";
  private Sent here;

  @BeforeEach
  void open() throws IOException {
    here = new Sent();
  }

  @AfterEach
  void close() throws IOException {
    here.close();
  }

  private static Message message(String id, ObjectNode... parts) {
    return new Message(id, "assistant", Instant.EPOCH, "build", "p/m", 0.5, MissingNode.getInstance(), List.of(parts));
  }

  private static ObjectNode tool(String id, String output) {
    var part = Json.object().put("id", id).put("type", "tool").put("tool", "bash").put("callID", "call-" + id);
    part.putObject("state").put("status", "completed").put("output", output).putObject("input").put("command", "cat");
    return part;
  }

  private static String[] texts(int count, String letter) {
    return IntStream.range(0, count).mapToObj(i -> i + letter.repeat(100_000)).toArray(String[]::new);
  }

  private static int bytes(Request request) {
    return request.body().getBytes(StandardCharsets.UTF_8).length;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyTextIsMaskedAndNoIdIsSpoiled(boolean ours) throws Exception {
    var mask = Redaction.of(Map.of(SECRET, "PASSWORD"));
    here.begin(here.server.url(), ours, new Sync.Most(3, 100), mask::mask).store.put("ses_1", "title " + SECRET, A, 1, "x");
    var part = tool("prt_1", "it is " + SECRET);
    ((ObjectNode) part.path("state").path("input")).put("id", SECRET).putArray("arguments").add(SECRET).addObject().put("deep", SECRET)
        .put("name " + SECRET, 1);
    here.store.messages("ses_1", message("msg_1", Json.object().put("id", "prt_0").put("type", "text").put("text", "say " + SECRET), part));
    here.pass();
    assertThat(here.requests()).isNotEmpty().allSatisfy(r -> assertThat(r.body()).doesNotContain(SECRET));
    assertThat(here.server.sessions("a").getFirst().path("title").asText()).startsWith("title [PASSWORD");
    var told = here.server.messages("ses_1").getFirst();
    assertThat(told.path("id").asText()).isEqualTo("msg_1");
    assertThat(told.path("parts").path(1).path("callID").asText()).isEqualTo("call-prt_1");
    assertThat(told.path("parts").path(1).path("state").path("output").asText()).contains("it is [PASSWORD");
    assertThat(told.path("cost").asDouble()).isEqualTo(0.5);
  }

  @Test
  void aSecretThatIsANumberIsMaskedAsOne() throws Exception {
    var mask = Redaction.of(Map.of("8675309867", "A_PIN"));
    here.begin(here.server.url(), true, new Sync.Most(3, 100), mask::mask).store.put("s1", "t", A, 1, "x");
    var part = tool("p1", "ok");
    ((ObjectNode) part.path("state").path("input")).put("pin", 8675309867L).put("retries", 3);
    here.store.messages("s1", message("m1", part));
    here.pass();
    assertThat(here.requests().getLast().body()).doesNotContain("8675309867").contains("A_PIN", "\"retries\":3");
  }

  @Test
  void aSecretIsMaskedBeforeALongTextIsCut() throws Exception {
    var mask = Redaction.of(Map.of(SECRET, "PASSWORD"));
    here.begin(here.server.url(), true, new Sync.Most(3, 100), mask::mask).store.put("s1", "t", A, 1, "x");
    here.store.messages("s1", message("m1", tool("p1", (SECRET + " ").repeat(100_000))));
    here.pass();
    assertThat(here.requests().getLast().body()).doesNotContain("correct", "battery").contains("characters left out");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHugeMessageIsCutInTheMiddleOfItsTexts(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, "x");
    var output = "begin " + "é😀\n".repeat(1_000_000) + " end";
    here.store.messages("s1", message("m1", Json.object().put("id", "p0").put("type", "text").put("text", "short"), tool("p1", output)));
    here.pass();
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(LARGEST));
    var parts = here.server.messages("s1").getFirst().path("parts");
    assertThat(parts.path(0).path("text").asText()).isEqualTo("short");
    var told = parts.path(1).path("state").path("output").asText();
    assertThat(told).startsWith("begin é😀").endsWith("é😀\n end").doesNotContain("�");
    var left = Integer.parseInt(told.replaceFirst("(?s).*\\[… (\\d+) characters left out …].*", "$1"));
    assertThat(told.replaceFirst("\n\\[… \\d+ characters left out …]\n", "").length() + left).isEqualTo(output.length());
    assertThat(here.pass().lines().getFirst().requests()).as("and it is not sent again").isZero();
  }

  @Test
  void aMessageOfTooManyPartsKeepsItsLastOnes() throws Exception {
    here.store.put("s1", "one", A, 1, "x").messages("s1", message("m1", IntStream.range(0, 20_000).mapToObj(i -> tool("p" + i, "out"))
        .toArray(ObjectNode[]::new)));
    here.pass();
    var parts = here.server.messages("s1").getFirst().path("parts");
    assertThat(parts.path(0).path("text").asText()).isEqualTo("[… parts left out: " + (20_000 - parts.size() + 1) + "]");
    assertThat(parts.path(parts.size() - 1).path("id").asText()).isEqualTo("p19999");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ofManyLongMessagesTheNewestThatFitAreTold(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, texts(30, "x"));
    here.pass();
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(LARGEST));
    var told = here.server.messages("s1");
    assertThat(told).hasSize(9);
    assertThat(told.getFirst().path("id").asText()).isEqualTo("s1-21");
    assertThat(told.getLast().path("id").asText()).isEqualTo("s1-29");
  }

  @Test
  void messagesThatDoNotFitIntoOneRequestGoInSeveral() throws Exception {
    var texts = texts(6, "x");
    here.store.put("s1", "one", A, 1, texts).put("s2", "two", A, 2, texts).put("s3", "three", A, 3, texts);
    assertThat(here.pass().lines().getFirst().requests()).isEqualTo(3);
    assertThat(here.requests()).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(LARGEST));
    assertThat(here.requests().get(1).json().path("partial").asBoolean()).isTrue();
    assertThat(here.server.messages("s1")).hasSize(6);
  }

  @Test
  void aListThatDoesNotFitGoesWithoutSummariesAndThenTheNewestFirst() throws Exception {
    here.begin(false, 0, 0);
    IntStream.range(0, 1000).forEach(i -> here.store.put("s" + i, A, i, "x".repeat(2000)));
    here.pass();
    assertThat(here.server.sessions("a")).hasSize(1000).allSatisfy(s -> assertThat(s.path("summary").isEmpty()).isTrue());
    IntStream.range(0, 20_000).forEach(i -> here.store.put("s" + i, A, i, ""));
    var line = here.pass().lines().getFirst();
    var told = new ArrayList<>(here.server.sessions("a"));
    assertThat(told).hasSizeBetween(1000, 19_999);
    assertThat(line.leftOut()).isEqualTo(20_000 - told.size());
    assertThat(told.getFirst().path("id").asText()).isEqualTo("s19999");
    assertThat(bytes(here.requests().getLast())).isBetween(3 * LARGEST, 4 * LARGEST);
    assertThat(here.pass().lines().getFirst().requests()).isZero();
  }

  @Test
  void aListOfThousandsGoesWholeAndInTheUsualSizeOnlyWhereThatIsNotTaken() throws Exception {
    here.begin(false, 1, 10);
    IntStream.range(0, 5_000).forEach(i -> here.store.put("s" + i, "title " + i, A, i, "x"));
    here.pass();
    assertThat(here.server.sessions("a")).hasSize(5_000);
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").reset().times(1);
    here.store.put("s0", "another", A, 5_000, "x");
    here.pass();
    assertThat(here.server.sessions("a").getFirst().path("title").asText()).isEqualTo("another");
    assertThat(bytes(here.requests().get(here.requests().size() - 2))).isLessThanOrEqualTo(LARGEST);
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").reset().times(2);
    here.begin(false, 1, 10);
    assertThatThrownBy(here::pass).isInstanceOf(ApiException.class);
    here.pass();
    assertThat(here.server.sessions("a")).as("it was just not there").hasSize(5_000);
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(413, "too large").times(1);
    here.store.put("s1", "one more", A, 5_001, "x");
    here.pass();
    assertThat(bytes(here.requests().get(here.requests().size() - 2))).isLessThanOrEqualTo(LARGEST);
  }

  @Test
  void aServerThatTakesNoLengthAtAllIsAskedAFewTimesOnlyAlsoForALongList() throws Exception {
    IntStream.range(0, 5_000).forEach(i -> here.store.put("s" + i, "title " + i, A, i));
    for (var ours : new boolean[] {true, false}) {
      here.begin(ours, 3, 100);
      here.server.on("POST", "/v1/agent/codebases/*/sessions/sync").answer(413, "too large");
      assertThat(here.pass().problem()).contains("too large");
      assertThat(here.sent()).hasSize(8);
      here.server.heal();
    }
  }

  @Test
  void ourOwnServerGetsALongListInPiecesWhereItIsNotTakenWhole() throws Exception {
    IntStream.range(0, 5_000).forEach(i -> here.store.put("s" + i, "title " + i, A, i, "x"));
    here.server.on("POST", "/v1/agent/codebases/a/sessions/sync").answer(413, "too large").times(1);
    here.pass();
    assertThat(here.server.sessions("a")).hasSize(5_000);
    assertThat(here.requests().stream().skip(1)).hasSize(2).allSatisfy(r -> assertThat(bytes(r)).isLessThanOrEqualTo(LARGEST));
  }

  @Test
  void aSummaryThatDoesNotFitIntoARequestIsLeftOut() throws Exception {
    here.store.put("s1", A, 1, "x".repeat(2_000_000));
    here.pass();
    assertThat(here.server.sessions("a")).singleElement().satisfies(s -> assertThat(s.path("summary").isEmpty()).isTrue());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whenTheServerTakesLessTheRequestsAreHalvedAndStaySo(boolean ours) throws Exception {
    here.begin(ours, 3, 100).store.put("s1", "one", A, 1, texts(8, "x"));
    here.server.on("POST", ours ? "/v1/agent/codebases/a/sessions/sync" : "/v1/agent/codebases/a/sessions/s1/messages/sync")
        .answer(413, "too large").times(2);
    assertThat(here.pass().problem()).isNull();
    assertThat(here.server.messages("s1")).hasSize(2);
    assertThat(bytes(here.requests().getLast())).isLessThanOrEqualTo(LARGEST / 4);
    here.sent();
    here.store.put("s1", "one", A, 2, texts(8, "y"));
    here.pass();
    assertThat(here.sent()).hasSize(ours ? 1 : 2);
  }

  @Test
  void aServerThatTakesNothingIsAskedAFewTimesOnly() throws Exception {
    here.store.put("s1", "one", A, 1, "x");
    here.server.on("POST", "/v1/agent/codebases/*/sessions/sync").answer(413, "too large");
    assertThat(here.pass().problem()).contains("too large");
    assertThat(here.sent()).hasSize(7);
    here.pass();
    assertThat(here.sent()).hasSize(1);
  }

  @Test
  void whatNoDatabaseTakesIsReplacedAndWhatNestsTooDeepIsText() throws Exception {
    var part = tool("p1", "a\0b").put("callID", "c\0d");
    var deep = part.putObject("input");
    for (var i = 0; i < 200; i++) {
      deep = deep.putObject("d");
    }
    deep.put("text", "at the bottom");
    here.store.put("s1", "one", A, 1, "x").messages("s1", message("m1", part));
    here.pass();
    var body = here.requests().getLast().body();
    assertThat(body).contains("a\uFFFDb", "c\uFFFDd", "at the bottom").doesNotContain("\\u0000");
    assertThat(depth(Json.read(body))).isLessThan(100);
  }

  private static int depth(com.fasterxml.jackson.databind.JsonNode node) {
    return 1 + node.valueStream().mapToInt(FittingTest::depth).max().orElse(0);
  }
}
