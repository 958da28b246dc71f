package lib.server.http;

import module java.base;
import lib.core.Problem;
import lib.store.DurableFiles;

/** The bearer tokens that open the server, kept as digests only. Immutable. */
public final class Tokens {
  /** No tokens: the server is for this machine alone. */
  public static final Tokens NONE = new Tokens(List.of());

  private final List<byte[]> digests;

  private Tokens(List<byte[]> digests) {
    this.digests = digests;
  }

  /**
   * Reads {@code token} or {@code name:token} entries with commas or line ends between; null and blank mean none.
   *
   * @throws Problem when there is text but no token in it, which must not leave the server open
   */
  public static Tokens parse(String text) {
    if (text == null || text.isBlank()) {
      return NONE;
    }
    var tokens = texts(text);
    if (tokens.isEmpty()) {
      throw new Problem("tokens holds no token", "its entries are empty", "write token or name:token, with commas between");
    }
    return new Tokens(tokens.stream().map(DurableFiles::sha256).toList());
  }

  /** One of the tokens that this text gives, for a client in the same process; null when there is none. */
  public static String any(String text) {
    return text == null ? null : texts(text).stream().findFirst().orElse(null);
  }

  private static List<String> texts(String text) {
    return Stream.of(text.split("[,\r\n]")).map(entry -> entry.substring(entry.indexOf(':') + 1).strip())
        .filter(token -> !token.isEmpty()).toList();
  }

  public boolean none() {
    return digests.isEmpty();
  }

  /** Whether this is one of them; takes the same time whichever it is and however much of it is right. */
  public boolean accepts(String token) {
    var given = DurableFiles.sha256(token);
    var found = false;
    for (var known : digests) {
      found |= MessageDigest.isEqual(known, given);
    }
    return found;
  }
}
