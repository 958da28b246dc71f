/** Sessions of the CodeTether agent. */
package lib.session.codetether;
