package tests.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A URL is taken if it can be used as it stands, and a password in one is never shown. */
class UrlTest {
  @TempDir
  Path home;

  @ParameterizedTest
  @CsvSource({"https://h.example/,https://h.example", "HTTPS://h.example/base//,https://h.example/base", "http://[::1]:8080,http://[::1]:8080", "http://code_tether:8080/,http://code_tether:8080"})
  void aUsableOneIsTakenWithItsSchemeInSmallLetters(String given, String taken) {
    assertThat(Ran.config(home, Map.of("A2A_SERVER_URL", given), "show", "--json").value("server_url")).isEqualTo(taken);
  }

  @ParameterizedTest
  @CsvSource({"//h,https:// or http:// in front", "h.example,https:// or http:// in front", "https:h,https:// or http:// in front",
      "http://my host,this is none", "http://my!host,a host name of letters", "http://,this is none", "http://h:0,a port from 1 to 65535", "http://h:65536,a port from 1",
      "https://h/p?q=1,without ? or #", "https://h#x,without ? or #", "https://u@my_host,without a user or password"})
  void anyOtherIsRefusedInWordsThatFitIt(String given, String must) {
    var ran = Ran.config(home, Map.of("A2A_SERVER_URL", given), "check");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).startsWith("problem: server_url is ").contains("must be a URL like https://host", must);
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis://:s3cret@h:6379/1", "redis://joe:s3cret@h", "rediss://s3cret@h", "redis://joe:s3cret:more@h"})
  void aPasswordIsMaskedWhereSettingsAreShown(String url) {
    for (var ran : new Ran[] {Ran.config(home, Map.of("A2A_REDIS_URL", url), "show"),
        Ran.config(home, Map.of("A2A_REDIS_URL", url), "show", "--json")}) {
      assertThat(ran.exit()).as(ran.toString()).isZero();
      assertThat(ran.out()).contains("********@h").doesNotContain("s3cret");
    }
  }

  @Test
  void theUserStaysReadable() {
    assertThat(Ran.config(home, Map.of("A2A_REDIS_URL", "redis://joe:s3cret@h:1/2"), "show", "--json").value("redis_url"))
        .isEqualTo("redis://joe:********@h:1/2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://joe:s3cret@h", "https://joe:s3c ret@h", "https://joe:pa/s3cret@h", "https://joe:p@s3cret@h", "joe:s3cret@h",
      "https://a-user-with-a-name-of-more-than-forty-characters:s3cret@h", "https://joe:s3cret#more@h", "https://h/?token=s3cret",
      "ftp://joe:s3cret@h", "https://joe:s3cret@my_host", "//joe:s3cret@h"})
  void aPasswordIsMaskedInTheMessageThatRefusesItsUrl(String url) {
    for (var variable : new String[] {"A2A_SERVER_URL", "A2A_REDIS_URL", "A2A_MCP_URL", "A2A_AGENT_URL"}) {
      var ran = Ran.config(home, Map.of(variable, url), "check");
      assertThat(ran.err()).as(variable).contains("_", "must be").doesNotContain("s3cret");
    }
  }
}
