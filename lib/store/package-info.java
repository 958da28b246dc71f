/**
 * Files that must survive: SQLite databases with group commit and migrations, atomic files, the lock that keeps a folder
 * to one process. It knows nothing of what is stored.
 */
package lib.store;
