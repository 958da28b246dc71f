package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Codebases of the file and of flags are one list, in which no folder stands twice. */
class CodebaseListTest {
  @TempDir
  Path home;

  @Test
  void aFlagForAFolderOfTheFileReplacesItsNameIfItGivesOne() throws IOException {
    var folder = Files.createDirectory(home.resolve("app"));
    var link = Files.createSymbolicLink(home.resolve("link"), folder);
    var file = file("[{\"name\": \"x\", \"path\": \"app\", \"description\": \"d\"}, \"/q\"]");
    assertThat(list(file, "-b", folder + "/../app/")).containsExactly("x:" + folder + ":d", "q:/q:");
    assertThat(list(file, "-b", "app:" + folder, "-b", "r:/r")).containsExactly("app:" + folder + ":d", "q:/q:", "r:/r:");
    assertThat(list(file, "-b", "y:" + link)).containsExactly("y:" + folder + ":d", "q:/q:");
    assertThat(list(file("[\"a:/a\", \"/a\"]"), "-b", "a:/a")).containsExactly("a:/a:");
  }

  @Test
  void flagsAddToTheFilesListWithColonsAndCommasInPaths() throws IOException {
    assertThat(list(file("[\"a:/a\"]"), "-b", "~/c", "-b", "rel/d", "-b", "/srv/x:y", "-b", "with,comma:/e,f"))
        .containsExactly("a:/a:", "c:" + home + "/c:", "d:" + home + "/rel/d:", "x:y:/srv/x:y:", "with,comma:/e,f:");
  }

  @Test
  void twoFoldersOfOneNameAreSaid() {
    var ran = Ran.config(home, Map.of(), "check", "-b", "/a/x", "-b", "/b/x", "-b", "/a/x");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err().lines()).singleElement().asString().contains("two codebases are named x, /a/x and /b/x");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {":/p|name before the colon is missing", "{\"path\":\"/p\"}|its brackets", "~joe/p|~name", "n:~joe|~name",
      "n:|path is missing"})
  void whatIsMeantAsSomethingElseIsNoFolderName(String given, String must) {
    Ran.config(home, Map.of(), "check", "-b", given).fails(2, "problem: codebases is '" + given + "' (--codebases)", must);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{\"path\": 7, \"key\": \"hidden\"}|path of '7' is none",
      "{\"name\": \"n\", \"path\": [\"hidden\"]}|path of 'n' is none",
      "{\"name\": true, \"path\": \"/p\"}|name of 'true' is none", "{\"name\": \"n\", \"key\": \"hidden\"}|'n' has none", "{\"key\": \"hidden\"}|one has none",
      "7|neither"})
  void aBadEntryIsKnownByItsNameOrPath(String entry, String must) throws IOException {
    var ran = Ran.config(home, Map.of(), "check", "--config", file("[" + entry + "]").toString());
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).startsWith("problem: codebases is not usable (").contains(must).doesNotContain("hidden");
  }

  @Test
  void anUnknownKeyOfAnEntryIsSaid() throws IOException {
    var file = file("[{\"path\": \"/p\", \"pth\": 1, \"_note\": 2}, {\"path\": \"/q\", \"pth\": 1}]");
    var ran = Ran.config(home, Map.of(), "check", "--config", file.toString());
    assertThat(ran.exit()).isZero();
    assertThat(ran.err().lines()).singleElement().asString().endsWith("c.json:1:2: unknown key pth in an entry of codebases");
  }

  private List<String> list(Path file, String... flags) {
    var arguments = new ArrayList<>(List.of("show", "--json", "--config", file.toString()));
    arguments.addAll(List.of(flags));
    return Ran.config(home, Map.of(), arguments.toArray(String[]::new)).setting("codebases").path("value").valueStream()
        .map(c -> c.path("name").asText() + ":" + c.path("path").asText() + ":" + c.path("description").asText()).toList();
  }

  private Path file(String codebases) throws IOException {
    return Files.writeString(home.resolve("c.json"), "{\"codebases\": " + codebases + "}");
  }
}
