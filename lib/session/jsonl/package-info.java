/** Sessions of CLIs that append JSON lines: Claude Code and Codex. */
package lib.session.jsonl;
