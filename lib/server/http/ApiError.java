package lib.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A request that is answered with an error. Thrown wherever that is found out, also inside a transaction, which it
 * undoes. It carries no stack trace: it is an answer, not a fault.
 */
public final class ApiError extends RuntimeException {
  private final int status;
  private final ObjectNode body;

  private ApiError(int status, ObjectNode body) {
    super(body.toString(), null, false, false);
    this.status = status;
    this.body = body;
  }

  public static ApiError of(int status, String detail) {
    return new ApiError(status, Json.object().put("detail", detail));
  }

  /** @param code what programs decide by */
  public static ApiError of(int status, String code, String detail) {
    return new ApiError(status, Json.object().put("detail", detail).put("code", code));
  }

  /** A field of the body that is missing or of the wrong type, in the shape that clients of this protocol know. */
  public static ApiError field(String name, String type, String message) {
    var body = Json.object();
    var error = body.putArray("detail").addObject().put("type", type);
    error.putArray("loc").add("body").add(name);
    error.put("msg", message);
    return new ApiError(422, body);
  }

  public int status() {
    return status;
  }

  public String code() {
    return Json.text(body, "code");
  }

  ApiResponse response() {
    return ApiResponse.of(status, body);
  }
}
