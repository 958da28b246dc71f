/** Sessions of OpenCode: JSON files to 1.1, databases from 1.2 on. */
package lib.session.opencode;
