package lib.agent;

/** Hears what the inspector finds, on the inspector's thread; returns at once. */
public interface AgentListener {
  /** Hears nothing. */
  AgentListener NONE = new AgentListener() {};

  /** Tasks that waited for an agent may get one. */
  default void agentAvailable() {}

  /** The agent has other models. */
  default void modelsChanged() {}
}
