/**
 * The gate for all that leaves the worker: the secrets that are known at the start, the encodings in which programs write
 * them, the shapes of secrets that nobody named, and the stream that masks them across the borders of its pieces.
 */
package lib.redaction;
