/** The records that worker and server share. */
package lib.protocol;
