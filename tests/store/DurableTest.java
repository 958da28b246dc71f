package tests.store;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.store.DurableFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is whole or not there, and nobody else may read it at any moment. */
class DurableTest {
  @TempDir
  Path temp;

  @Test
  void onlyTheOwnerMayReadWhatIsWritten() throws IOException {
    var file = DurableFiles.folder(temp.resolve("a/b")).resolve("f");
    DurableFiles.write(file, new byte[] {1});
    assertThat(modes(file)).isEqualTo("rw-------");
    assertThat(modes(temp.resolve("a"))).isEqualTo(modes(temp.resolve("a/b"))).isEqualTo("rwx------");
    DurableFiles.create(temp.resolve("g"), new byte[0]);
    assertThat(modes(temp.resolve("g"))).isEqualTo("rw-------");
  }

  @Test
  void aFileThatOthersCouldReadIsReplacedByOneTheyCannot() throws IOException {
    var file = Files.writeString(temp.resolve("f"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    DurableFiles.write(file, "new".getBytes());
    assertThat(modes(file)).isEqualTo("rw-------");
    assertThat(file).hasContent("new");
  }

  @Test
  void aFolderThatIsThereKeepsItsModes() throws IOException {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    DurableFiles.folder(temp);
    assertThat(modes(temp)).isEqualTo("rwxr-xr-x");
  }

  @Test
  void readersNeverSeeAPart() throws Exception {
    var file = temp.resolve("f");
    var contents = new byte[][] {bytes('a'), bytes('b')};
    DurableFiles.write(file, contents[0]);
    var failure = new AtomicReference<Exception>();
    var writer = Thread.ofPlatform().start(() -> {
      try {
        for (var i = 0; i < 200; i++) {
          DurableFiles.replace(file, contents[i % 2]);
        }
      } catch (IOException e) {
        failure.set(e);
      }
    });
    while (writer.isAlive()) {
      var seen = Files.readAllBytes(file);
      assertThat(Arrays.equals(seen, contents[0]) || Arrays.equals(seen, contents[1])).isTrue();
    }
    assertThat(failure.get()).isNull();
  }

  @Test
  void whatACrashLeftBehindDoesNotHinderTheNextWrite() throws IOException {
    Files.writeString(temp.resolve("f.tmp"), "half");
    DurableFiles.write(temp.resolve("f"), "whole".getBytes());
    assertThat(temp.resolve("f")).hasContent("whole");
    assertThat(temp.resolve("f.tmp")).doesNotExist();
  }

  @Test
  void aNewFileNeverReplacesAnother() throws IOException {
    DurableFiles.create(temp.resolve("f"), "first".getBytes());
    assertThatThrownBy(() -> DurableFiles.create(temp.resolve("f"), "second".getBytes())).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(temp.resolve("f")).hasContent("first");
  }

  private static byte[] bytes(char c) {
    var bytes = new byte[64 << 10];
    Arrays.fill(bytes, (byte) c);
    return bytes;
  }

  private static String modes(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
