package lib.wire;

import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import lib.Problem;
import lib.config.Env;

/** Proxies as the variables name them: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in capitals or not. */
record Proxies(Env env) {

  /** The proxy for this address; {@link Proxy#NO_PROXY} for none. */
  Proxy of(URI uri) {
    var proxy = address(uri);
    return proxy == null ? Proxy.NO_PROXY : new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(),
        proxy.getPort() > 0 ? proxy.getPort() : 80));
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
    if (excluded(uri.getHost())) {
      return null;
    }
    var name = uri.getScheme().equals("https") ? "HTTPS_PROXY" : "HTTP_PROXY";
    var value = env.var(name) != null ? env.var(name) : env.var(name.toLowerCase(Locale.ROOT));
    if (value == null) {
      return null;
    }
    try {
      var proxy = URI.create(value.contains("://") ? value : "http://" + value);
      if (proxy.getHost() != null && proxy.getPort() <= 65_535) {
        return proxy;
      }
    } catch (IllegalArgumentException e) {
      throw bad(name);
    }
    throw bad(name);
  }

  private static Problem bad(String name) {
    return new Problem("the proxy in " + name + " is not usable", "it must be like http://host:port", "correct the variable");
  }

  private boolean excluded(String host) {
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
      return true; // this machine is never behind a proxy
    }
    var list = env.var("NO_PROXY") != null ? env.var("NO_PROXY") : env.var("no_proxy");
    return list != null && Arrays.stream(list.split(",")).map(String::strip).filter(s -> !s.isEmpty())
        .map(s -> s.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", ""))
        .anyMatch(s -> s.equals("*") || host.equalsIgnoreCase(s) || host.toLowerCase(Locale.ROOT).endsWith("." + s.toLowerCase(Locale.ROOT)));
  }
}
