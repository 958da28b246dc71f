package lib.config;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Environment;
import lib.core.WebAddress;

/** An absolute URL of one of these schemes: a password in it is never shown. The scheme gets small letters, a trailing slash goes. */
record Url(String name, String bounds, List<String> schemes) implements SettingType<URI> {
  private static final String MASK = "********";

  Url(String... schemes) {
    this("URL", "a URL like " + schemes[0] + "://host", List.of(schemes));
  }

  @Override
  public URI read(JsonNode given, Environment env, Path base) throws Bad {
    if (!given.isTextual() || given.asText().isBlank()) {
      return null;
    }
    URI uri;
    try {
      uri = new URI(given.asText().strip().replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      throw new Bad(bounds + ", and this is none: " + e.getReason());
    }
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    var web = schemes.contains("https");
    var must = !schemes.contains(scheme) || uri.isOpaque() ? "with " + String.join(":// or ", schemes) + ":// in front"
        : web && uri.getRawAuthority() != null && uri.getRawAuthority().contains("@")
            ? "without a user or password in it" // it would stand in logs; auth_token is for that
        : WebAddress.host(uri) == null ? "with a host name of letters, digits, dots, hyphens and underscores, or an address, and perhaps a port"
        : WebAddress.port(uri) == 0 || WebAddress.port(uri) > 65_535 ? "with a port from 1 to 65535"
        : web && (uri.getRawQuery() != null || uri.getRawFragment() != null) ? "without ? or #, since paths are put behind it" : null;
    if (must != null) {
      throw new Bad(bounds + ", " + must);
    }
    return URI.create(scheme + uri.toString().substring(scheme.length()));
  }

  @Override
  public String show(URI uri) {
    return uri.getRawAuthority() == null || !uri.getRawAuthority().contains("@") ? uri.toString() : masked(uri.toString());
  }

  @Override
  public String quote(JsonNode given) {
    return SettingType.super.quote(given.isTextual() ? TextNode.valueOf(masked(given.asText())) : given);
  }

  /** Text meant to be a URL, however wrong, without what may be a password: before the last @, and behind ? or #. */
  private static String masked(String text) {
    var at = text.lastIndexOf('@');
    var from = text.indexOf("//") + 2;
    if (from == 1 || from > at) {
      from = 0;
    }
    var colon = text.indexOf(':', from);
    var user = colon >= 0 && colon < at ? text.substring(from, colon + 1) : "";
    var open = at < 0 ? text : text.substring(0, from) + user + MASK + text.substring(at);
    return open.replaceFirst("(?s)([?#]).+", "$1" + MASK);
  }
}
