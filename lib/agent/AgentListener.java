package lib.agent;

/** Hears what the inspector finds, on the inspector's thread; returns at once. */
public interface AgentListener {
  /** Hears nothing. */
  AgentListener NONE = new AgentListener() {
    @Override
    public void agentAvailable() {}

    @Override
    public void modelsChanged() {}
  };

  /** Tasks that waited for an agent may get one. */
  void agentAvailable();

  /** The agent has other models. */
  void modelsChanged();
}
