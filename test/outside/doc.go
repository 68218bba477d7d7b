// Package outside runs clients that nobody here wrote against the stand-ins:
// Slack's own @slack/web-api, @slack/socket-mode and @slack/bolt, and
// Microsoft's @microsoft/microsoft-graph-client. Where such a client and a
// stand-in disagree, the stand-in is wrong until the documents say otherwise.
//
// It holds tests only. They need node and the packages of package-lock.json;
// "make tools" installs both, and without them the tests fail and say so.
// Everything runs on loopback addresses and ends with the test, so a crash
// leaves nothing behind.
package outside
