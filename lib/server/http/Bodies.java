package lib.server.http;

import com.sun.net.httpserver.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads requests' bodies, with an end in sight: in size, in time, and in what all of them together hold. Thread-safe. */
public final class Bodies {
  private static final int MAX = 16 << 20;

  private final Patience patience;

  public Bodies(Patience patience) {
    this.patience = patience;
  }

  /** The body's length; -1 when only its end will tell. */
  public static long length(Headers headers) {
    if (headers.containsKey("Transfer-Encoding")) {
      return -1;
    }
    var text = headers.getFirst("Content-Length"); // the library has checked that it is a number
    return text == null ? 0 : Long.parseLong(text.strip());
  }

  /** @throws ApiError when it is too large or ends in its middle */
  public byte[] read(InputStream in, long length, Room.Held room) throws IOException, InterruptedException {
    if (length == 0) {
      return new byte[0]; // untouched: after `Connection: upgrade` the library's stream would wait for the connection's end
    }
    if (length > MAX) {
      throw tooLarge();
    }
    try {
      return patience.bytes(length < 0 ? MAX : length, () -> {
        var body = new ByteArrayOutputStream();
        var most = length < 0 ? MAX + 1 : (int) length;
        var piece = new byte[Math.min(Room.PIECE, most)];
        for (var n = 1; n > 0 && body.size() < most; body.write(piece, 0, n)) {
          n = in.readNBytes(piece, 0, Math.min(piece.length, most - body.size())); // the other form waits for one byte more
          room.upTo(body.size() + n);
        }
        if (body.size() > MAX) {
          throw tooLarge();
        }
        return body.toByteArray();
      });
    } catch (IOException | IndexOutOfBoundsException e) { // the latter is what the library makes of some lengths of chunks
      throw ApiError.of(400, "the body ends before its end");
    }
  }

  private static ApiError tooLarge() {
    return ApiError.of(413, "too_large", "the body is larger than " + (MAX >> 20) + " MiB");
  }
}
