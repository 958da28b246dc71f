package tests.client;

import module java.base;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server certificate that signs itself, as a company's own authority would, for 127.0.0.1 and {@link #NAME}. The JDK's
 * keytool makes it once a run, and another one of a stranger.
 *
 * @param certificate the PEM file to trust
 * @param stranger the PEM file of the stranger
 * @param sockets what a server with it listens on
 */
record Keys(Path certificate, Path stranger, ServerSocketFactory sockets) {
  /** A name that is never looked up. */
  static final String NAME = "codetether.invalid";
  private static final String PASSWORD = "for-tests-only";
  private static KeyStore store; // guarded by the class; null until the first test that needs it

  /** Makes the keys if no test has, and writes the certificates into this folder. */
  static synchronized Keys in(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
    if (store == null) {
      var file = folder.resolve("keys.p12");
      make(file, "server");
      make(file, "stranger");
      store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(only("server"), PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return new Keys(pem(folder, "server"), pem(folder, "stranger"), context.getServerSocketFactory());
  }

  private static void make(Path file, String alias) throws IOException, InterruptedException {
    var keytool = Path.of(System.getProperty("java.home"), "bin/keytool").toString();
    var process = new ProcessBuilder(keytool, "-genkeypair", "-keystore", file.toString(), "-storepass", PASSWORD, "-storetype", "PKCS12", "-alias",
        alias, "-keyalg", "EC", "-dname", "CN=" + alias, "-ext", "san=ip:127.0.0.1,dns:" + NAME, "-validity", "2").redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError("keytool: " + said);
    }
  }

  private static KeyStore only(String alias) throws IOException, GeneralSecurityException {
    var one = KeyStore.getInstance("PKCS12");
    one.load(null, null);
    one.setKeyEntry(alias, store.getKey(alias, PASSWORD.toCharArray()), PASSWORD.toCharArray(), store.getCertificateChain(alias));
    return one;
  }

  private static Path pem(Path folder, String alias) throws IOException, GeneralSecurityException {
    var text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(store.getCertificate(alias).getEncoded());
    return Files.writeString(folder.resolve(alias + ".pem"), "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n");
  }
}
