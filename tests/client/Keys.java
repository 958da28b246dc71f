package tests.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server certificate that signs itself, as a company's own authority would, for 127.0.0.1 and {@link #NAME}.
 *
 * @param certificate the PEM file to trust
 * @param sockets what a server with it listens on
 */
record Keys(Path certificate, ServerSocketFactory sockets) {
  /** A name that is never looked up. */
  static final String NAME = "codetether.invalid";
  private static final String PASSWORD = "for-tests-only";

  /** Makes one with the JDK's keytool. */
  static Keys make(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
    var store = Files.createTempDirectory(folder, "keys").resolve("keys.p12");
    var pem = store.resolveSibling("authority.pem");
    keytool(store, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=test", "-ext", "san=ip:127.0.0.1,dns:" + NAME, "-validity", "2");
    keytool(store, "-exportcert", "-alias", "server", "-rfc", "-file", pem.toString());
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return new Keys(pem, context.getServerSocketFactory());
  }

  private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/keytool").toString(), arguments[0]));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD, "-storetype", "PKCS12"));
    command.addAll(List.of(arguments).subList(1, arguments.length));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new AssertionError("keytool: " + said);
    }
  }
}
