/** Pure rules: which changes of a task are allowed, and which worker may have it. */
package lib.server.rules;
