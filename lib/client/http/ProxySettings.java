package lib.client.http;

import module java.base;
import java.net.Proxy;
import lib.core.Environment;
import lib.core.Problem;
import lib.core.WebAddress;

/** Proxies as the variables name them: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in capitals or not. */
public record ProxySettings(Environment env) {

  /** The proxy for this address; {@link Proxy#NO_PROXY} for none. */
  public Proxy of(URI uri) {
    var proxy = address(uri);
    return proxy == null ? Proxy.NO_PROXY : new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(WebAddress.host(proxy),
        WebAddress.port(proxy) > 0 ? WebAddress.port(proxy) : 80));
  }

  /** Answers the proxy's question for the name and password that its URL holds; null when it holds none. */
  Authenticator login(URI uri) {
    var proxy = address(uri);
    if (proxy == null || proxy.getUserInfo() == null) {
      return null;
    }
    var user = proxy.getUserInfo().split(":", 2);
    return new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        return getRequestorType() != RequestorType.PROXY ? null
            : new PasswordAuthentication(user[0], (user.length > 1 ? user[1] : "").toCharArray());
      }
    };
  }

  private URI address(URI uri) {
    if (excluded(WebAddress.host(uri))) {
      return null;
    }
    var name = uri.getScheme().equals("https") ? "HTTPS_PROXY" : "HTTP_PROXY";
    var value = env.var(name) != null ? env.var(name) : env.var(name.toLowerCase(Locale.ROOT));
    if (value == null) {
      return null;
    }
    var whole = value.contains("://") ? value : "http://" + value;
    var scheme = whole.substring(0, whole.indexOf("://"));
    if (!scheme.equalsIgnoreCase("http")) { // nothing may be said in clear to a proxy that is named with https, least of all its password
      throw new Problem("the proxy in " + name + " is of a kind that is not supported", "it begins with " + scheme + "://",
          "name a proxy like http://host:port, or unset the variable; an https server gets its own encryption through it");
    }
    try {
      var proxy = URI.create(whole);
      if (WebAddress.host(proxy) == null || WebAddress.port(proxy) > 65_535) {
        throw new IllegalArgumentException("no host or port");
      }
      return proxy;
    } catch (IllegalArgumentException e) {
      throw new Problem("the proxy in " + name + " is not usable", "it must be like http://host:port", "correct the variable");
    }
  }

  private boolean excluded(String host) {
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
      return true; // this machine is never behind a proxy
    }
    var list = env.var("NO_PROXY") != null ? env.var("NO_PROXY") : env.var("no_proxy");
    return list != null && Arrays.stream(list.split("[,\\s]+")).map(String::strip).filter(s -> !s.isEmpty()).anyMatch(entry -> covers(entry, host));
  }

  /** Whether an entry is for this host: a name with all below it, an address, a range of addresses, or {@code *} for all. */
  private static boolean covers(String entry, String host) {
    if (entry.equals("*")) {
      return true;
    }
    var own = literal(host);
    var slash = entry.indexOf('/');
    if (own != null && slash >= 0) {
      return inRange(own, literal(entry.substring(0, slash)), entry.substring(slash + 1));
    }
    var name = entry.replaceFirst("^(\\[.*]|[^:]*):\\d+$", "$1"); // a port is of no matter
    return own != null ? own.equals(literal(name)) : ("." + host.toLowerCase(Locale.ROOT))
        .endsWith("." + name.replaceFirst("^\\*?\\.", "").toLowerCase(Locale.ROOT));
  }

  private static boolean inRange(InetAddress own, InetAddress base, String bits) {
    if (base == null || own.getAddress().length != base.getAddress().length || !bits.matches("\\d{1,3}")) {
      return false;
    }
    var rest = own.getAddress().length * 8 - Integer.parseInt(bits);
    return rest >= 0 && new BigInteger(1, own.getAddress()).shiftRight(rest).equals(new BigInteger(1, base.getAddress()).shiftRight(rest));
  }

  /** The address that a text is, IPv6 with brackets or without; null for a name, which is not looked up. */
  private static InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text.replaceFirst("^\\[(.*)]$", "$1"));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
