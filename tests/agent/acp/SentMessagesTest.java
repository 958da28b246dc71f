package tests.agent.acp;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.acp.SentMessages;
import lib.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each message stands in the file once, whichever worker sends it. */
class SentMessagesTest {
  private static final ObjectNode CALL = Json.object().put("id", 5).put("method", "session/prompt");
  private static final ObjectNode ANSWER = Json.object().put("id", 5).put("result", "yes");
  private static final ObjectNode CANCEL = Json.object().put("method", "session/cancel");

  @TempDir
  Path attempt;
  private Path file;

  @BeforeEach
  void begin() throws IOException {
    file = Files.createFile(attempt.resolve("sent"));
  }

  private boolean send(ObjectNode... messages) throws IOException {
    try (var sent = SentMessages.of(attempt).orElseThrow()) {
      for (var message : messages) {
        if (message == CANCEL) {
          sent.cancel(message);
        } else {
          sent.add(message);
        }
      }
      return sent.flush(true);
    }
  }

  @Test
  void sendsOnceWhatALaterWorkerWouldSendToo() throws IOException {
    assertThat(send(CALL)).isFalse();
    assertThat(send(CALL, ANSWER)).isFalse();
    assertThat(send(CALL, ANSWER, null)).as("nothing more follows").isTrue();
    assertThat(file).hasContent(CALL + "\n" + ANSWER + "\n");
  }

  @Test
  void completesAMessageThatAnEarlierWorkerCouldNotWriteWhole() throws IOException {
    Files.writeString(file, ANSWER + "\n" + CALL.toString().substring(0, 9));
    send(ANSWER, CALL);
    assertThat(file).hasContent(ANSWER + "\n" + CALL + "\n");
  }

  @Test
  void sendsNothingMoreOnceTheAgentIsCancelled() throws IOException {
    Files.writeString(file, CALL.toString().substring(0, 9));
    send(CANCEL, ANSWER);
    send(ANSWER, CANCEL);
    assertThat(file).hasContent(CALL.toString().substring(0, 9) + "\n" + CANCEL + "\n");
  }

  @Test
  void isNothingForAgentsThatReadNoMessages() throws IOException {
    Files.delete(file);
    assertThat(SentMessages.of(attempt)).isEmpty();
  }
}
