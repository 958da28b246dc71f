package lib.agent;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import lib.core.Environment;
import lib.core.Json;
import lib.redaction.Secrets;

/** The files in which agents keep their logins. They are read so that what they hold can be masked, and for nothing else. */
public final class CredentialFiles {
  private static final int LARGEST = 16 << 20; // a login file has some kilobytes; Claude Code keeps its history in one of its own

  /** @param all whether every text in it is a secret, not only those under names that look so */
  private record File(Path path, boolean all) {}

  private CredentialFiles() {}

  /**
   * Adds the secrets of every login file that is there.
   *
   * @return for people: the files that are there and cannot be read, and why
   */
  public static List<String> addTo(Secrets secrets, Environment env) {
    var unread = new ArrayList<String>();
    for (var file : files(env)) {
      try {
        if (Files.size(file.path) > LARGEST) {
          throw new IOException("it is larger than " + LARGEST + " bytes");
        }
        secrets.addJson(file.path.getFileName().toString(), Json.read(Files.readString(file.path, StandardCharsets.UTF_8)), file.all);
      } catch (NoSuchFileException e) {
        continue;
      } catch (JsonProcessingException e) {
        unread.add(file.path + ": it is no JSON"); // its text may be quoted in the exception
      } catch (IOException e) {
        unread.add(file.path + ": " + e.getMessage());
      }
    }
    return unread;
  }

  private static List<File> files(Environment env) {
    var data = env.xdg("XDG_DATA_HOME", ".local/share").resolve("opencode");
    return List.of(new File(data.resolve("auth.json"), true), new File(data.resolve("mcp-auth.json"), true),
        new File(env.xdg("XDG_CONFIG_HOME", ".config").resolve("opencode/opencode.json"), false),
        new File(env.xdg("CLAUDE_CONFIG_DIR", ".claude").resolve(".credentials.json"), false),
        new File(env.xdg("CLAUDE_CONFIG_DIR", ".claude").resolve("settings.json"), false),
        new File(env.home().resolve(".claude.json"), false),
        new File(env.xdg("CODEX_HOME", ".codex").resolve("auth.json"), false),
        new File(env.xdg("XDG_CONFIG_HOME", ".config").resolve("codetether-agent/vault/login.bin"), false),
        new File(env.home().resolve(".gemini/oauth_creds.json"), false));
  }
}
