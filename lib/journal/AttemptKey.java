package lib.journal;

/**
 * What tells an attempt from every other.
 *
 * @param server our own server's id, else its address: its reports are delivered there and nowhere else
 * @param n our own counter for this task, from 1
 * @param marker which queueing of the task this answers
 */
public record AttemptKey(String server, String workerId, String taskId, int n, String marker) {}
