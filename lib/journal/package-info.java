/** The worker's state on disk: attempts, pending reports, codebases registered at run time. */
package lib.journal;
