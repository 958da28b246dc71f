/** Turns HTTP exchanges into requests and answers, and checks tokens. */
package lib.server.http;
