/** Tasks from creation to outcome: claims, reports, output, announcements, expired leases. */
package lib.server.task;
