package tests.config;

import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import org.junit.jupiter.api.Test;

/** Text that is no JSON object is never an error where other people's output is read. */
class JsonTest {
  @Test
  void anythingButAnObjectIsTreatedAsText() {
    for (var text : new String[] {null, "", " ", "42", "[1]", "\"x\"", "null", "{", "{} {}", "plain"}) {
      assertThat(Json.readObject(text)).as(text).isEmpty();
    }
    assertThat(Json.readObject("{\"a\":1}")).isPresent();
  }
}
