package tests.real;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import tests.real.ModelServer.Move;

/** One of the languages in which agents speak with models. */
interface Dialect {

  /** An event of an answer. */
  record Event(String name, ObjectNode data) {}

  /** Where it is spoken. */
  String path();

  /** What the user said, in order. */
  List<String> said(JsonNode request);

  /** How many tools have answered since the user spoke last. */
  int answered(JsonNode request);

  /**
   * An answer that says or calls something, in its pieces.
   *
   * @param id one that no other answer has
   */
  List<Event> answer(Move move, String id);

  /** How many events at the end of each answer say that it is whole. */
  int closing();
}
