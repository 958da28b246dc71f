package lib.client.http;

import module java.base;
import lib.core.Problem;

/** A call to the server that brought no usable answer, classified by what the caller can do about it. */
public final class ApiException extends Exception {

  /** What a failure means for the caller. */
  public enum Kind {
    /** No connection, or it broke, or no answer came in time; the server may or may not have acted. */
    UNREACHABLE(true),
    /** The server or a proxy cannot now: 408, 425, 429, 5xx. */
    BUSY(true),
    /** The answer was not what this protocol says, for example a proxy's page. */
    GARBLED(true),
    /** 401 or 403: the token is missing, wrong, or may not do this. */
    DENIED(true),
    /** 404 for a thing that the path names. */
    MISSING(false),
    /** 404 or 405 for the path itself: this server has no such call. */
    NO_ROUTE(false),
    /** 410: the whole path family is gone. */
    GONE(false),
    /** 409: somebody else was first, or the state forbids it. */
    CONFLICT(false),
    /** 413: the body is larger than the server or a proxy takes. */
    TOO_LARGE(false),
    /** Any other 4xx: the same request will be refused again. */
    REFUSED(false);

    private final boolean again;

    Kind(boolean again) {
      this.again = again;
    }

    /** Whether the same call may succeed later. */
    public boolean again() {
      return again;
    }
  }

  private static final String TOKEN = "set A2A_AUTH_TOKEN, auth_token or auth_token_file to a token that this server knows";

  private final Kind kind;
  private final int status;
  private final Duration retryAfter;
  private final String code;

  public ApiException(Kind kind, int status, String message, Duration retryAfter, String code, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.retryAfter = retryAfter;
    this.code = code;
  }

  public ApiException(Kind kind, String message, Throwable cause) {
    this(kind, 0, message, Duration.ZERO, null, cause);
  }

  public Kind kind() {
    return kind;
  }

  /** The HTTP status, or 0 when no answer came. */
  public int status() {
    return status;
  }

  /** How long the server asked to wait; zero when it did not. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** The machine-readable code that our own server sends, or null. */
  public String code() {
    return code;
  }

  /** One line for a log: the message, and what a person can do where there is something. */
  public String line() {
    return kind == Kind.DENIED ? getMessage() + " (fix: " + TOKEN + ")" : getMessage();
  }

  /** The same for a person at a command. */
  public Problem problem(String server) {
    return (switch (kind) {
      case UNREACHABLE -> new Problem("the server " + server + " cannot be reached", getMessage(),
          "check the address and the network: curl -I " + server + "/v1/agent/status").ending(Problem.Exit.TRY_LATER);
      case BUSY, GARBLED -> new Problem("the server " + server + " did not answer usefully", getMessage(),
          "try again later, or look at the server and any proxy in front of it").ending(Problem.Exit.TRY_LATER);
      case DENIED -> new Problem("the server " + server + " refused the token", getMessage(),
          TOKEN);
      default -> new Problem("the server " + server + " refused", getMessage(), "look at the ids and values given");
    }).from(this);
  }
}
