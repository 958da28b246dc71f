package tests.session;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.config.Codebase;
import lib.session.CodebaseMatcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A session belongs to the deepest codebase that contains the folder where it was begun, and to one only. */
class CodebaseMatcherTest {
  private static final List<Codebase> CODEBASES = Stream.of("/srv/shop", "/srv/shop/web", "/srv/notes", "/data/link")
      .map(path -> new Codebase(path, Path.of(path), "")).toList();

  @TempDir
  Path folder;

  @ParameterizedTest
  @CsvSource({
    "/srv/shop, /srv/shop",
    "/srv/shop/lib/deep, /srv/shop",
    "/srv/shop/web, /srv/shop/web",
    "/srv/shop/web/pages, /srv/shop/web",
    "/srv/shop/website, /srv/shop",
    "/srv/shopping, global",
    "/srv, global",
    "/, global",
    "/elsewhere, global",
    "/data/link/sub, /data/link",
    "/data/real/sub, /data/link",
    "/data/real, /data/link"})
  void findsTheDeepestCodebaseAroundAFolder(String directory, String codebase) {
    var links = Path.of("/data/link");
    var byId = CODEBASES.stream().collect(Collectors.toMap(Codebase::name, one -> one));
    var matcher = new CodebaseMatcher(byId, null,
        path -> path.startsWith(links) ? Path.of("/data/real").resolve(links.relativize(path)) : path);
    assertThat(matcher.find(Path.of(directory)).map(Codebase::name).orElse("global")).isEqualTo(codebase);
  }

  @Test
  void findsNoneWithoutCodebases() {
    assertThat(CodebaseMatcher.of(List.of()).find(Path.of("/srv/shop"))).isEmpty();
  }

  @Test
  void followsLinksAlsoWhenTheRestOfThePathIsGone() throws IOException {
    var real = Files.createDirectories(folder.resolve("real/shop"));
    var link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));
    var byLink = new Codebase("shop", link.resolve("shop"), "");
    var matcher = CodebaseMatcher.of(List.of(byLink));
    assertThat(matcher.find(real)).contains(byLink);
    assertThat(matcher.find(real.resolve("deleted/since"))).contains(byLink);
    assertThat(matcher.find(link.resolve("shop/deleted"))).contains(byLink);
    assertThat(matcher.find(folder.resolve("real"))).isEmpty();
    assertThat(matcher.find(real.resolve("../other"))).isEmpty();
  }

  @Test
  void findsACodebaseThatIsNotThere() {
    var gone = new Codebase("gone", folder.resolve("gone"), "");
    assertThat(CodebaseMatcher.of(List.of(gone)).find(folder.resolve("gone/sub"))).contains(gone);
  }
}
