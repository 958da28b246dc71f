package lib.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A request that is answered with an error. Thrown wherever that is found out, also inside a transaction, which it
 * undoes. It carries no stack trace: it is an answer, not a fault.
 */
final class Refused extends RuntimeException {
  private final int status;
  private final ObjectNode body;

  private Refused(int status, ObjectNode body) {
    super(body.toString(), null, false, false);
    this.status = status;
    this.body = body;
  }

  static Refused of(int status, String detail) {
    return new Refused(status, Json.object().put("detail", detail));
  }

  /** @param code what programs decide by */
  static Refused of(int status, String code, String detail) {
    return new Refused(status, Json.object().put("detail", detail).put("code", code));
  }

  /** A field of the body that is missing or of the wrong type, in the shape that clients of this protocol know. */
  static Refused field(String name, String type, String message) {
    var body = Json.object();
    var error = body.putArray("detail").addObject().put("type", type);
    error.putArray("loc").add("body").add(name);
    error.put("msg", message);
    return new Refused(422, body);
  }

  int status() {
    return status;
  }

  ObjectNode body() {
    return body;
  }
}
