package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import java.net.Proxy;
import lib.client.ApiClient;
import lib.client.PathFamily;
import lib.client.http.ApiException;
import lib.client.http.ProxySettings;
import lib.client.http.ServerAddress;
import lib.core.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy variables are followed as other programs follow them. No name here is ever looked up. */
class ProxyTest {
  private static final String SERVER = "http://codetether.invalid:8000";
  private TinyProxy proxy;

  @BeforeEach
  void start() throws Exception {
    proxy = new TinyProxy();
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_PROXY", "http_proxy"})
  void callsGoThroughTheProxy(String variable) throws Exception {
    assertThat(client(SERVER, Map.of(variable, proxy.url())).pathFamily()).isEqualTo(PathFamily.CODEBASES);
    assertThat(proxy.asked().getFirst()).startsWith("GET " + SERVER + "/v1/agent/codebases HTTP/1.1");
  }

  @Test
  void anAddressWithoutASchemeIsAProxyToo() throws Exception {
    client(SERVER, Map.of("HTTP_PROXY", proxy.url().replace("http://", ""))).pathFamily();
    assertThat(proxy.asked()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '"', value = {"me:it's, me:it's", "me:p%40%3A%2F, me:p@:/"})
  void theProxysNameAndPasswordComeFromItsAddress(String encoded, String login) throws Exception {
    proxy.login(login);
    client(SERVER, Map.of("HTTP_PROXY", proxy.url().replace("http://", "http://" + encoded + "@"))).pathFamily();
    assertThat(proxy.asked().getLast()).containsIgnoringCase("Proxy-Authorization: Basic "
        + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void anEncryptedServerIsReachedThroughATunnelThatShowsNoToken() {
    var client = client("https://codetether.invalid", Map.of("HTTPS_PROXY", proxy.url()));
    assertThat(catchThrowableOfType(ApiException.class, client::pathFamily).kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
    assertThat(proxy.asked().getFirst()).startsWith("CONNECT codetether.invalid:443 ").doesNotContain("secret-token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"codetether.invalid", "x, CODETETHER.invalid", ".invalid", "*.invalid", "invalid",
      "codetether.invalid:8000", "*"})
  void excludedHostsAreReachedDirectly(String excluded) {
    for (var variable : new String[] {"NO_PROXY", "no_proxy"}) {
      var client = client(SERVER, Map.of("HTTP_PROXY", proxy.url(), variable, excluded));
      assertThat(catchThrowableOfType(ApiException.class, client::pathFamily).kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
    }
    assertThat(proxy.asked()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tether.invalid", "other", "codetether", ""})
  void otherHostsAreNotExcluded(String excluded) throws Exception {
    client(SERVER, Map.of("HTTP_PROXY", proxy.url(), "NO_PROXY", excluded)).pathFamily();
    assertThat(proxy.asked()).hasSize(1);
  }

  @Test
  void thisMachineIsNeverBehindAProxy() {
    for (var here : new String[] {"http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"}) {
      assertThat(catchThrowableOfType(ApiException.class, client(here, Map.of("HTTP_PROXY", proxy.url()))::pathFamily)).isNotNull();
    }
    assertThat(proxy.asked()).isEmpty();
  }

  @Test
  void aProxyThatWantsTlsIsRefusedBeforeAnythingIsSaidToIt() {
    var problem = catchThrowableOfType(Problem.class, () -> client(SERVER, Map.of("HTTP_PROXY", proxy.url().replace("http://", "https://me:secret@"))).pathFamily());
    assertThat(problem.text()).contains("HTTP_PROXY", "https://", "http://host:port").doesNotContain("secret");
    assertThat(proxy.asked()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.invalid y.invalid", "y.invalid\tx.invalid", "y.invalid,  x.invalid"})
  void excludedHostsAreSeparatedByBlanksOrCommas(String excluded) {
    assertThat(direct("x.invalid", excluded)).isTrue();
  }

  @Test
  void aHostWithAnUnderscoreIsReached() throws Exception {
    client("http://code_tether.invalid:8000", Map.of("HTTP_PROXY", proxy.url())).pathFamily();
    assertThat(proxy.asked().getFirst()).startsWith("GET http://code_tether.invalid:8000/v1/agent/codebases HTTP/1.1");
    assertThat(direct("code_tether", "code_tether")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://", "::", "http://a b", "http:///x", "http://127.0.0.1:99999"})
  void anUnusableProxyIsAProblemThatNamesTheVariable(String address) {
    assertThatThrownBy(() -> client(SERVER, Map.of("HTTP_PROXY", address)).pathFamily()).isInstanceOf(Problem.class)
        .hasMessageContaining("HTTP_PROXY");
  }

  @ParameterizedTest
  @CsvSource({"10.1.2.3, 10.0.0.0/8", "10.1.2.3, 10.1.2.2/31", "10.1.2.3, 10.1.2.3/32", "10.1.2.3, 0.0.0.0/0", "10.1.2.3, 10.1.2.3:8000",
      "[fd00::1], fd00::1", "[fd00::1], [fd00::1]", "[fd00::1], [fd00::1]:8000", "[fd00::1], fd00:0:0::1", "[fd00::1], fd00::/8",
      "[FD00::1], [fd00::]/8", "[fd00::2], fd00::2"})
  void anExcludedAddressIsMatchedInAnySpelling(String host, String excluded) {
    assertThat(direct(host, excluded)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"11.1.2.3, 10.0.0.0/8", "10.1.2.4, 10.1.2.2/31", "10.1.2.3, 10.1.2.4/32", "10.1.2.3, fd00::/8", "10.1.2.3, 10.0.0.0/33",
      "10.1.2.3, 10.0.0.0/x", "10.1.2.3, 2.3", "10.1.2.3, 10.1.2", "[fe00::1], fd00::/8", "[fd00::1], 10.0.0.0/8", "[fd00::11], fd00::1",
      "x.invalid, 10.0.0.0/8", "x.invalid, x.invalid/8", "x.invalid, 0.0.0.0/0"})
  void anotherAddressIsNotExcluded(String host, String excluded) {
    assertThat(direct(host, excluded)).isFalse();
  }

  private static boolean direct(String host, String excluded) {
    return new ProxySettings(ApiClientTest.env(Map.of("HTTP_PROXY", "http://proxy.invalid:1", "NO_PROXY", excluded)))
        .of(URI.create("http://" + host + ":8000")) == Proxy.NO_PROXY;
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://127.0.0.1:1080", "socks5h://127.0.0.1:1080", "socks4://127.0.0.1:1080", "ftp://127.0.0.1:1"})
  void aProxyOfAnotherKindIsAProblemThatSaysSo(String address) {
    assertThat(catchThrowableOfType(Problem.class, () -> client(SERVER, Map.of("HTTP_PROXY", address)).pathFamily()).text())
        .contains("HTTP_PROXY").contains(address.substring(0, address.indexOf(':'))).contains("not supported");
  }

  private static ApiClient client(String server, Map<String, String> variables) {
    return new ApiClient(new ServerAddress(URI.create(server), "secret-token", null, ApiClientTest.env(variables)));
  }
}
