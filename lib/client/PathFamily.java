package lib.client;

/** The path families that servers have spoken, oldest last; a server speaks exactly one for codebases. */
public enum PathFamily {
  CODEBASES("/v1/agent", "codebases"),
  WORKSPACES("/v1/agent", "workspaces"),
  OPENCODE("/v1/opencode", "codebases");

  private final String base;
  private final String collection;

  PathFamily(String base, String collection) {
    this.base = base;
    this.collection = collection;
  }

  /** A path below the family's base. */
  public String path(String rest) {
    return base + rest;
  }

  /** The collection of codebases, or something below it. */
  public String codebases(String rest) {
    return base + "/" + collection + rest;
  }
}
