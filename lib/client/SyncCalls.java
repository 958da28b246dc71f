package lib.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lib.client.http.ApiException;
import lib.client.http.HttpTransport;
import lib.core.Json;

/** The calls that upload sessions, to every generation of server. */
public interface SyncCalls {

  /** {@code POST …/codebases/{id}/sessions/sync}: replaces the worker's list of the codebase. */
  void sessions(String codebaseId, String workerId, List<ObjectNode> sessions) throws ApiException, InterruptedException;

  /** {@code POST …/codebases/{id}/sessions/{sid}/messages/sync}: replaces all messages that the server shows of the session. */
  void messages(String codebaseId, String sessionId, String workerId, List<ObjectNode> messages) throws ApiException, InterruptedException;

  /** The calls to this client's server. Blocking, thread-safe; each ends within the client's deadline and retries nothing. */
  static SyncCalls of(ApiClient client) {
    return new SyncCalls() {
      @Override
      public void sessions(String codebaseId, String workerId, List<ObjectNode> sessions) throws ApiException, InterruptedException {
        post(codebaseId, "/sync", workerId, "sessions", sessions);
      }

      @Override
      public void messages(String codebaseId, String sessionId, String workerId, List<ObjectNode> messages)
          throws ApiException, InterruptedException {
        post(codebaseId, "/" + HttpTransport.encode(sessionId) + "/messages/sync", workerId, "messages", messages);
      }

      private void post(String codebaseId, String rest, String workerId, String field, List<ObjectNode> items)
          throws ApiException, InterruptedException {
        var body = Json.object().put("worker_id", workerId);
        body.putArray(field).addAll(items);
        client.call("POST", family -> family.codebases("/" + HttpTransport.encode(codebaseId) + "/sessions" + rest), body);
      }
    };
  }
}
