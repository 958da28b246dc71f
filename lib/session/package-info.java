/** Sessions of agent CLIs: what they are, and which codebase they belong to. */
package lib.session;
