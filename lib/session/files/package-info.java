/** Safe reading of files and databases that other programs write. */
package lib.session.files;
