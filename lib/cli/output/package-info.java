/** What commands print: tables, details, a task's output. */
package lib.cli.output;
