package lib.server.db;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import lib.core.Json;

/** Columns that the server wrote as JSON. */
public final class JsonColumn {
  private JsonColumn() {}

  /** @throws SQLException when the text is no JSON */
  public static JsonNode read(String text) throws SQLException {
    try {
      return Json.read(text);
    } catch (JsonProcessingException e) {
      throw new SQLException("a column that should hold JSON does not", e);
    }
  }
}
