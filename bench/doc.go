// Package bench measures, side by side in one run, how soon the bot acknowledges what it
// has made durable, and how soon the least equally durable app on the framework that most
// people would choose does: @slack/bolt with better-sqlite3, in bolt/.
//
// Each app is a process of its own, and is sent the same signed deliveries by the same
// senders over the loopback. Ours does all that a request, an approval and a denial need
// (rules, records, indexes, audit event, what is owed to Slack and Microsoft), and stops
// at the acknowledgement; the other one writes one row. `make bench` runs it.
package bench
