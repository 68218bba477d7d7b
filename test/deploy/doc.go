// Package deploy holds what is in the folder deploy/ to what the bot is: each file there
// is parsed or run, by the program that reads it in production where that can be had.
//
// It holds tests only. They need systemd's own systemd-analyze and systemd-sysusers,
// which "make tools" installs; without them the tests fail and say so.
package deploy
