package lib.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import lib.core.WebAddress;

/** Addresses in settings: which are taken, and how one is shown without the password in it. */
final class Url {
  private static final String MASK = "********";

  private Url() {}

  /** An absolute URL of one of these schemes, its scheme in small letters and without a trailing slash. */
  static URI parse(String raw, String must, List<String> schemes) throws SettingType.Bad {
    URI uri;
    try {
      uri = new URI(raw.strip().replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      throw new SettingType.Bad(must + ", and this is none: " + e.getReason());
    }
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    var web = schemes.contains("https");
    if (!schemes.contains(scheme) || uri.isOpaque()) {
      throw new SettingType.Bad(must + ", with " + String.join(":// or ", schemes) + ":// in front");
    }
    if (web && uri.getRawAuthority() != null && uri.getRawAuthority().contains("@")) {
      throw new SettingType.Bad(must + ", without a user or password in it"); // it would stand in logs; auth_token is for that
    }
    if (WebAddress.host(uri) == null) {
      throw new SettingType.Bad(must + ", with a host name of letters, digits, dots, hyphens and underscores, or an address, and perhaps a port");
    }
    if (WebAddress.port(uri) == 0 || WebAddress.port(uri) > 65_535) {
      throw new SettingType.Bad(must + ", with a port from 1 to 65535");
    }
    if (web && (uri.getRawQuery() != null || uri.getRawFragment() != null)) {
      throw new SettingType.Bad(must + ", without ? or #, since paths are put behind it");
    }
    return URI.create(scheme + uri.toString().substring(scheme.length()));
  }

  static String shown(URI uri) {
    return uri.getRawAuthority() == null || !uri.getRawAuthority().contains("@") ? uri.toString() : masked(uri.toString());
  }

  /** Text meant to be a URL, however wrong, without what may be a password: before the last @, and behind ? or #. */
  static String masked(String text) {
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
