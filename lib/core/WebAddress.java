package lib.core;

import module java.base;

/** Host and port of a URL. Names of containers may hold an underscore, which {@link URI} takes for no host. */
public final class WebAddress {
  private static final Pattern NAMED = Pattern.compile("(?:.*@)?([A-Za-z0-9._-]+)(?::(\\d{1,9}))?");

  private WebAddress() {}

  /** The host, IPv6 in brackets; null when the URL has none. */
  public static String host(URI uri) {
    return uri.getHost() != null ? uri.getHost() : part(uri, 1);
  }

  /** The port; -1 when the URL names none. */
  public static int port(URI uri) {
    var port = uri.getHost() != null ? null : part(uri, 2);
    return port == null ? uri.getPort() : Integer.parseInt(port);
  }

  private static String part(URI uri, int group) {
    var authority = NAMED.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
    return authority.matches() ? authority.group(group) : null;
  }
}
