package lib.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lib.client.http.ApiException;
import lib.client.http.HttpTransport;
import lib.core.Json;

/** The calls that tell a server of an agent's sessions. */
public interface SyncCalls {

  /**
   * {@code POST …/codebases/{id}/sessions/sync}.
   *
   * @return {@code sessions_count}: on our own server how many it has of this worker in this codebase, elsewhere how many
   *     were sent; -1 when the answer has none
   */
  int sessions(String codebaseId, SessionBatch batch) throws ApiException, InterruptedException;

  /** {@code POST …/codebases/{id}/sessions/{sid}/messages/sync}: replaces all that the server shows of the session. */
  void messages(String codebaseId, String sessionId, String workerId, List<ObjectNode> messages) throws ApiException, InterruptedException;

  /** The calls to this client's server. Blocking, thread-safe; each ends within the client's deadline and retries nothing. */
  static SyncCalls of(ApiClient client) {
    return new SyncCalls() {
      @Override
      public int sessions(String codebaseId, SessionBatch batch) throws ApiException, InterruptedException {
        return client.call("POST", d -> path(d, codebaseId, "/sync"), batch.toJson()).path("sessions_count").asInt(-1);
      }

      @Override
      public void messages(String codebaseId, String sessionId, String workerId, List<ObjectNode> messages)
          throws ApiException, InterruptedException {
        var body = Json.object().put("worker_id", workerId);
        body.putArray("messages").addAll(messages);
        client.call("POST", d -> path(d, codebaseId, "/" + HttpTransport.encode(sessionId) + "/messages/sync"), body);
      }
    };
  }

  private static String path(PathFamily dialect, String codebaseId, String rest) {
    return dialect.codebases("/" + HttpTransport.encode(codebaseId) + "/sessions" + rest);
  }
}
