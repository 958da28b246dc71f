package tests.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lib.config.Codebase;
import lib.session.Mapping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A session belongs to the deepest codebase that contains the folder where it was begun, and to one only. */
class MappingTest {
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
  void theDeepestThatContainsItHasIt(String directory, String codebase) {
    var links = Path.of("/data/link");
    var mapping = new Mapping(CODEBASES,
        path -> path.startsWith(links) ? Path.of("/data/real").resolve(links.relativize(path)) : path);
    assertThat(mapping.of(Path.of(directory)).map(Codebase::name).orElse("global")).isEqualTo(codebase);
  }

  @Test
  void withoutCodebasesAllIsGlobal() {
    assertThat(new Mapping(List.of()).of(Path.of("/srv/shop"))).isEmpty();
  }

  @Test
  void linksAreFollowedAlsoWhereTheRestIsGone() throws IOException {
    var real = Files.createDirectories(folder.resolve("real/shop"));
    var link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));
    var byLink = new Codebase("shop", link.resolve("shop"), "");
    var mapping = new Mapping(List.of(byLink));
    assertThat(mapping.of(real)).contains(byLink);
    assertThat(mapping.of(real.resolve("deleted/since"))).contains(byLink);
    assertThat(mapping.of(link.resolve("shop/deleted"))).contains(byLink);
    assertThat(mapping.of(folder.resolve("real"))).isEmpty();
    assertThat(mapping.of(real.resolve("../other"))).isEmpty();
  }

  @Test
  void aCodebaseThatIsNotThereStillHasItsSessions() {
    var gone = new Codebase("gone", folder.resolve("gone"), "");
    assertThat(new Mapping(List.of(gone)).of(folder.resolve("gone/sub"))).contains(gone);
  }
}
