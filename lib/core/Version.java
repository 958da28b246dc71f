package lib.core;

/** The toolkit's version, as {@code --version} prints it and as servers see it. */
public final class Version {
  public static final String TEXT = "0.1.0";

  private Version() {}
}
