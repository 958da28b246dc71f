package lib.core;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A part of the worker that writes its own section of the status, in the form of {@code docs/control.md}. */
public interface Reporting {
  /** Adds the section. Waits for nothing, neither a lock that others hold for long nor a file. Any thread. */
  void status(ObjectNode json);
}
