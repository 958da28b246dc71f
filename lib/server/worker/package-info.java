/** The workers and codebases that the server knows, and the workers' open streams. */
package lib.server.worker;
