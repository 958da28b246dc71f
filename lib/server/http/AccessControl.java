package lib.server.http;

import module java.base;
import com.sun.net.httpserver.Headers;

/**
 * Decides which requests the server takes. With tokens it takes those that carry one. Without, it takes those of programs
 * on this machine, but not of web pages: a page could make the machine run code through its user's browser. An origin, a
 * foreign host name (rebinding) or a content type that needs no permission gives a page's request away.
 */
public record AccessControl(Tokens tokens) {
  private static final Pattern LOOPBACK_HOST =
      Pattern.compile("(localhost|127(\\.\\d{1,3}){3}|\\[::1])(:\\d{1,5})?", Pattern.CASE_INSENSITIVE);
  private static final Pattern JSON = Pattern.compile("application/json\\s*(;.*)?", Pattern.CASE_INSENSITIVE);
  private static final String BEARER = "Bearer ";

  /**
   * @param open whether the call needs no token
   * @throws ApiError with 400, 401, 403 or 415
   */
  void check(Headers headers, boolean hasBody, boolean open) {
    if (headers.getOrDefault("Host", List.of()).size() > 1) {
      throw ApiError.of(400, "a request has one Host"); // a proxy between may have looked at the other one
    }
    if (!tokens.none()) {
      if (!open) {
        checkToken(headers.getFirst("Authorization"));
      }
      return;
    }
    var host = headers.getFirst("Host");
    if (host == null || !LOOPBACK_HOST.matcher(host).matches()) {
      throw ApiError.of(403, "without tokens this server answers to localhost, 127.x.x.x and [::1] only");
    }
    var site = headers.getFirst("Sec-Fetch-Site"); // a page's image or script has no Origin, but this
    if (headers.containsKey("Origin") || site != null && !site.equals("none") && !site.equals("same-origin")) {
      throw ApiError.of(403, "without tokens this server does not answer web pages");
    }
    var type = headers.getFirst("Content-Type");
    if (hasBody && (type == null || !JSON.matcher(type.strip()).matches())) {
      throw ApiError.of(415, "the body must be sent with Content-Type: application/json");
    }
  }

  private void checkToken(String authorization) {
    if (authorization == null || !authorization.startsWith(BEARER)) {
      throw ApiError.of(401, "Missing Bearer token");
    }
    if (!tokens.accepts(authorization.substring(BEARER.length()).strip())) {
      throw ApiError.of(403, "Invalid token");
    }
  }
}
