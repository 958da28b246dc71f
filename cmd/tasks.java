///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
package cmd;

import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.cli.tasks.TasksCancel;
import lib.cli.tasks.TasksCreate;
import lib.cli.tasks.TasksDelete;
import lib.cli.tasks.TasksList;
import lib.cli.tasks.TasksOutput;
import lib.cli.tasks.TasksRequeue;
import lib.cli.tasks.TasksShow;
import lib.cli.tasks.TasksWhy;
import picocli.CommandLine;

/** {@code tasks}: the server's tasks, to look at and to drive. */
@CommandLine.Command(name = "tasks", description = "List, show, create, follow, cancel, re-queue and delete the server's tasks; ask why.",
    footer = "%nExample: worker tasks list",
    subcommands = {TasksList.class, TasksShow.class, TasksCreate.class, TasksOutput.class, TasksCancel.class, TasksRequeue.class, TasksDelete.class,
        TasksWhy.class})
public final class tasks extends Command {
  public static void main(String[] args) {
    System.exit(new tasks().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
