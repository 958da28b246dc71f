package tests.redaction;

import module java.base;
import lib.core.Json;

/** The ways in which programs write a text, and a check that none of them shows a secret. */
final class Encodings {
  /** Each way by its name; none uses code of the gate. */
  static final Map<String, UnaryOperator<String>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("as it is", text -> text);
    for (var before = 0; before < 3; before++) {
      var padding = "é~?".substring(0, before);
      ALL.put("base64 behind " + before, text -> Base64.getEncoder().encodeToString(bytes(padding + text + "tail")));
      ALL.put("base64url behind " + before, text -> Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(padding + text)));
      ALL.put("base64 in lines behind " + before, text -> Base64.getMimeEncoder(20, bytes("\r\n")).encodeToString(bytes(padding + text)));
    }
    ALL.put("hex", text -> HexFormat.of().formatHex(bytes(text)));
    ALL.put("upper hex", text -> HexFormat.of().withUpperCase().formatHex(bytes(text)));
    ALL.put("hex with blanks", text -> HexFormat.ofDelimiter(" ").formatHex(bytes(text)));
    ALL.put("hex with colons", text -> HexFormat.ofDelimiter(":").withUpperCase().formatHex(bytes(text)));
    ALL.put("C array", text -> HexFormat.ofDelimiter(", ").withPrefix("0x").formatHex(bytes(text)));
    ALL.put("folded hex", text -> fold(HexFormat.of().formatHex(bytes(text)), 15));
    ALL.put("percent all", text -> HexFormat.of().withUpperCase().withPrefix("%").formatHex(bytes(text)));
    ALL.put("percent lower", text -> HexFormat.of().withPrefix("%").formatHex(bytes(text)));
    ALL.put("form", text -> URLEncoder.encode(text, StandardCharsets.UTF_8));
    ALL.put("URL component", text -> URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20"));
    ALL.put("JSON", Encodings::json);
    ALL.put("JSON in JSON", text -> json(json(text)));
    ALL.put("JSON with escaped slashes", text -> json(text).replace("/", "\\/"));
    ALL.put("\\x", text -> HexFormat.of().withPrefix("\\x").formatHex(bytes(text)));
    ALL.put("\\u", text -> each(text, c -> "\\u%04x".formatted(c)));
    ALL.put("\\u{}", text -> each(text, c -> "\\u{%x}".formatted(c)));
    ALL.put("octal", text -> each(text, c -> c < 128 ? "\\%03o".formatted(c) : Character.toString(c)));
    ALL.put("Python ascii", text -> each(text.replace("\\", "\\\\"), c -> c < 128 ? Character.toString(c) : "\\xfc"));
    ALL.put("decimal entities", text -> each(text, c -> "&#" + c + ";"));
    ALL.put("hex entities", text -> each(text, c -> "&#x%x;".formatted(c)));
    ALL.put("HTML", text -> text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#x27;"));
    ALL.put("XML attribute", text -> text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;").replace("'", "&apos;"));
    ALL.put("doubled quotes", text -> text.replace("\"", "\"\"").replace("'", "''"));
    ALL.put("shell quotes", text -> text.replace("'", "'\\''"));
    ALL.put("shell double quotes", text -> text.replace("'", "'\"'\"'"));
    ALL.put("printf %q", text -> text.replaceAll("[^A-Za-z0-9_./:=@%+,-]", "\\\\$0"));
    ALL.put("ANSI-C quotes", text -> text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n"));
    ALL.put("fold -w 5", text -> fold(text, 5));
    ALL.put("fold -w 5 with CRLF", text -> fold(text, 5).replace("\n", "\r\n"));
    ALL.put("coloured letters", text -> each(text, c -> "\u001b[31m" + Character.toString(c) + "\u001b[0m"));
    ALL.put("coloured middle", text -> text.substring(0, 5) + "\u001b[01;31m\u001b[K" + text.substring(5, 7) + "\u001b[m\u001b[K" + text.substring(7));
    ALL.put("escaped colour", text -> text.substring(0, 6) + "\\u001b[38;5;208m" + text.substring(6));
    ALL.put("spaced letters", text -> each(text, c -> Character.toString(c) + " "));
    ALL.put("list of letters", text -> each(text, c -> "'" + Character.toString(c) + "', "));
    ALL.put("xxd", text -> "\n" + dump("%08x: ", "%02x%02x ", "  %s", text));
    ALL.put("hexdump -C", text -> "\n" + dump("%08x  ", "%02x %02x ", " |%s|", text));
    ALL.put("od -x", text -> "\n" + dump("%07o", " %2$02x%1$02x", "", text));
    ALL.put("od -c", text -> "\n" + characters(text));
    ALL.put("xxd in JSON", text -> "\"dump:\\n" + json(dump("%08x: ", "%02x%02x ", " %s", text)) + "\"");
  }

  private Encodings() {}

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String each(String text, IntFunction<String> form) {
    return text.codePoints().mapToObj(form).collect(Collectors.joining());
  }

  static String fold(String text, int width) {
    return text.replaceAll("(?s)(.{" + width + "})", "$1\n");
  }

  private static String json(String text) {
    var json = Json.write(Json.MAPPER.getNodeFactory().textNode(text));
    return json.substring(1, json.length() - 1);
  }

  /** Eight columns of two bytes a line; the text begins in the middle of the first. */
  static String dump(String offset, String pair, String gutter, String text) {
    var bytes = bytes("before " + text + " after");
    var dump = new StringBuilder();
    for (var at = 0; at < bytes.length; at += 16) {
      dump.append(offset.formatted(at));
      var shown = new StringBuilder();
      for (var i = at; i < at + 16; i += 2) {
        var first = i < bytes.length ? bytes[i] : (byte) ' ';
        var second = i + 1 < bytes.length ? bytes[i + 1] : (byte) ' ';
        dump.append(pair.formatted(first, second));
        shown.append(printable(first)).append(printable(second));
      }
      dump.append(gutter.formatted(shown)).append('\n');
    }
    return dump.toString();
  }

  private static char printable(byte b) {
    return b >= ' ' && b < 127 ? (char) b : '.';
  }

  private static String characters(String text) {
    var bytes = bytes("before " + text + " after");
    var dump = new StringBuilder();
    for (var at = 0; at < bytes.length; at += 16) {
      dump.append("%07o".formatted(at));
      for (var i = at; i < Math.min(bytes.length, at + 16); i++) {
        dump.append(bytes[i] == '\n' ? "  \\n" : bytes[i] < 0 ? " %03o".formatted(bytes[i] & 0xff) : "   " + (char) bytes[i]);
      }
      dump.append('\n');
    }
    return dump.toString();
  }

  /** Whether a text shows five letters of a secret in a row, or their hex or base64, whatever stands between. */
  static boolean shows(String text, String secret) {
    var letters = letters(text);
    var hex = letters.toLowerCase(java.util.Locale.ROOT);
    var value = letters(secret);
    for (var i = 0; i + 5 <= value.length(); i++) {
      if (letters.contains(value.substring(i, i + 5))) {
        return true;
      }
    }
    for (var i = 0; i + 5 <= secret.length(); i++) {
      var part = bytes(secret.substring(i, i + 5));
      var base64 = letters(Base64.getEncoder().withoutPadding().encodeToString(part).substring(0, 6));
      if (hex.contains(HexFormat.of().formatHex(part)) || base64.length() > 5 && letters.contains(base64)) {
        return true;
      }
    }
    return false;
  }

  private static String letters(String text) {
    return text.replaceAll("\\[[A-Z]{3,}\\]", "\0").replaceAll("[^A-Za-z0-9\0]", "");
  }
}
