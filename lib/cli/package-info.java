/**
 * What every command line has in common: the streams it talks through, options made from the settings table, which
 * server it means, how results and problems are printed, exit codes.
 */
package lib.cli;
