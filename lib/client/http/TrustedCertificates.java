package lib.client.http;

import module java.base;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import lib.core.Problem;

/** Trust in a company's own certificate authorities, besides the JDK's. */
final class TrustedCertificates {
  private TrustedCertificates() {}

  /** A socket factory that trusts the JDK's authorities and those in the PEM file. */
  static SSLSocketFactory trusting(Path pem) {
    try (var in = Files.newInputStream(pem)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      var n = 0;
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("given" + n++, certificate);
      }
      if (n == 0) {
        throw new IOException("it holds no certificate");
      }
      for (var known : jdkAuthorities()) {
        store.setCertificateEntry("jdk" + n++, known);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw new Problem("the certificate authorities in " + pem + " cannot be used", String.valueOf(e.getMessage()),
          "ca_file must be a readable PEM file").from(e);
    }
  }

  private static X509Certificate[] jdkAuthorities() throws GeneralSecurityException {
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init((KeyStore) null);
    return Arrays.stream(trust.getTrustManagers()).filter(X509TrustManager.class::isInstance)
        .flatMap(m -> Arrays.stream(((X509TrustManager) m).getAcceptedIssuers())).toArray(X509Certificate[]::new);
  }
}
