package tests.agent;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentEnvironment;
import lib.agent.CredentialFiles;
import lib.config.Settings;
import lib.core.Environment;
import lib.redaction.Secrets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which values are secrets: those of variables, settings and login files that can be one. */
class CredentialFilesTest {
  @TempDir
  Path home;

  @Test
  void theLoginsOfAgentsAreSecretsAndTheWordsBesideThemAreNot() throws IOException {
    write(".local/share/opencode/auth.json", """
        {"anthropic": {"type": "oauth", "refresh": "refresh-value-1", "access": "access-value-1", "expires": 1764115200000},
         "custom": {"type": "wellknown", "key": "CUSTOM", "token": "token-value-1"}}""");
    write(".claude/.credentials.json",
        "{\"claudeAiOauth\": {\"accessToken\": \"claude-value-1\", \"subscriptionType\": \"something long\"}}");
    var secrets = Secrets.of(settings(Map.of()));
    assertThat(CredentialFiles.addTo(secrets, env(Map.of()))).isEmpty();
    assertThat(secrets.names()).containsOnlyKeys("refresh-value-1", "access-value-1", "token-value-1", "claude-value-1")
        .containsEntry("refresh-value-1", "auth.json");
  }

  @Test
  void theFolderOfXdgIsReadToo() throws IOException {
    write("data/opencode/auth.json", "{\"a\": {\"key\": \"another-value\"}}");
    var secrets = Secrets.of(settings(Map.of()));
    CredentialFiles.addTo(secrets, env(Map.of("XDG_DATA_HOME", home.resolve("data").toString())));
    assertThat(secrets.names()).containsOnlyKeys("another-value");
  }

  @Test
  void soAreTheLoginsOfTheOtherAgentsWhereverTheyAreKept() throws IOException {
    write("claude/.credentials.json", "{\"claudeAiOauth\": {\"accessToken\": \"claude-value-1\"}}");
    write("claude/settings.json", "{\"env\": {\"ANTHROPIC_API_KEY\": \"claude-value-2\", \"EDITOR\": \"something\"}}");
    write(".claude.json", "{\"primaryApiKey\": \"claude-value-3\", \"projects\": {}}");
    write("codex/auth.json", "{\"OPENAI_API_KEY\": \"codex-value-1\", \"tokens\": {\"refresh_token\": \"codex-value-2\"}}");
    write(".config/codetether-agent/vault/login.bin", "{\"address\": \"https://vault.example\", \"token\": \"vault-value-1\"}");
    var secrets = Secrets.of(settings(Map.of()));
    var vars = Map.of("CLAUDE_CONFIG_DIR", home.resolve("claude").toString(), "CODEX_HOME", home.resolve("codex").toString());
    assertThat(CredentialFiles.addTo(secrets, env(vars))).isEmpty();
    assertThat(secrets.names()).containsOnlyKeys("claude-value-1", "claude-value-2", "claude-value-3", "codex-value-1", "codex-value-2",
        "vault-value-1");
  }

  @Test
  void namesALoginFileThatCannotBeReadWithoutItsText() throws IOException {
    write(".local/share/opencode/auth.json", "{\"a\": broken-secret-text");
    assertThat(CredentialFiles.addTo(Secrets.of(settings(Map.of())), env(Map.of()))).singleElement().asString().contains("auth.json", "no JSON")
        .doesNotContain("broken-secret");
  }

  @Test
  void variablesWithSecretNamesAreSecretsUnlessTheirValueCannotBeOne() {
    var vars = new HashMap<>(Map.of("GITHUB_TOKEN", "token-value-1", "MY_API_KEY", "key-value-12", "apiKey", "camel-value-1",
        "DB_PASS", "pass-value-1", "DATABASE_URL", "postgres://me:pw%2Fd-value@db/x", "GCP_CREDENTIALS",
        "{\"private_key\": \"json-value-1\", \"type\": \"service_account\"}"));
    vars.putAll(Map.of("SHORT_TOKEN", "1234567", "TOKEN_TTL", "1234567890", "SSH_AUTH_SOCK", "/run/user/1000/agent.sock",
        "SECRET_FILE", "/etc/secret/file", "AUTH_TOKEN_KIND", "production", "AUTH_HOST", "auth.example.com", "TOKEN_URL",
        "https://auth.example.com/token", "GIT_AUTHOR_NAME", "Ada Lovelace", "PASSWORD", "********", "PLAIN", "plain-value-1"));
    vars.put("BROKER_URL", "amqp://%41b:pw%-value@my_host");
    assertThat(Secrets.of(settings(vars)).names()).containsOnlyKeys("token-value-1", "key-value-12", "camel-value-1",
        "pass-value-1", "pw%2Fd-value", "pw/d-value", "pw%-value", "json-value-1", vars.get("GCP_CREDENTIALS"));
  }

  @Test
  void secretsWithinConfigsConnectionStringsAndWebhooksAreSecrets() {
    var vars = Map.of("OPENCODE_CONFIG_CONTENT", "{\"provider\":{\"p\":{\"options\":{\"apiKey\":\"json-value-1\",\"baseURL\":\"http://host/v1\"}}}}",
        "DB", "Server=tcp:db.example.com;Uid=someone1;Pwd=pair-value-1;Encrypt=yes", "BLOB", "https://a.example.com/c?sv=2024-01-01&sig=sign-value-1",
        "CHAT_WEBHOOK", "https://chat.example.com/post/hook-value-1", "SLACK", "https://hooks.slack.com/services/T0/B0/hook-value-2",
        "DISCORD", "https://discord.com/api/webhooks/1/hook-value-3", "npm_package_dependencies_jsonwebtoken", "^9.0.0-alpha", "PWD", "/Data/some/folder");
    assertThat(Secrets.of(settings(vars)).names()).containsOnlyKeys("json-value-1", "pair-value-1", "sign-value-1", "post/hook-value-1",
        "services/T0/B0/hook-value-2", "api/webhooks/1/hook-value-3");
    for (var name : new String[] {"AZURE_STORAGE_CONNECTION_STRING", "GITHUB_PAT", "SENTRY_DSN", "DB_PWD", "SITE_COOKIE"}) {
      assertThat(Secrets.of(settings(Map.of(name, "some-value-1"))).names()).as(name).containsOnlyKeys("some-value-1");
    }
  }

  @Test
  void eachLineOfAKeyIsASecretOfItsOwn() {
    var key = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nab12cd34==\nshort=\n-----END PRIVATE KEY-----\n";
    assertThat(Secrets.of(settings(Map.of("DEPLOY_KEY", key))).names()).containsOnlyKeys("MIIEpAIBAAKCAQEA", "ab12cd34==", key.strip());
  }

  @Test
  void theConfigsSecretsAreKnownAndNoVariableHandsThemToAnAgent() {
    var vars = Map.of("A2A_AUTH_TOKEN", "worker-token-1", "A2A_TOKENS", "ann:hub-token-1, hub-token-2", "PATH", "/bin", "MY_COPY",
        "Bearer worker-token-1", "OPENAI_API_KEY", "hub-token-2", "ANTHROPIC_API_KEY", "of the agent");
    var settings = settings(vars);
    assertThat(Secrets.of(settings).names()).containsKeys("worker-token-1", "hub-token-1", "hub-token-2");
    assertThat(AgentEnvironment.of(vars, List.of("MY_*"), Secrets.own(settings), home))
        .containsOnlyKeys("PATH", "ANTHROPIC_API_KEY", "NO_COLOR", "PWD");
  }

  private Settings settings(Map<String, String> vars) {
    return Settings.resolve(Map.of(), null, env(vars));
  }

  private Environment env(Map<String, String> vars) {
    return new Environment(vars, home, home, "host");
  }

  private void write(String name, String text) throws IOException {
    var file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
