/** What Linux says of this machine and its processes. */
package lib.core.os;
