/**
 * Where tasks come from: the event stream and the steady poll below it, and the inbox that both fill. Feeds only say "look
 * at this task"; whether it is taken is decided elsewhere.
 */
package lib.feed;
