// Package browser clicks through the sandbox's page in Debian's Chromium, as a
// person would: with the mouse and the keyboard, on what can be seen. The main
// job's whole story, the denial, the guided tour and the narrow page of a phone
// are each played against a bot and a world of their own.
//
// Throughout, a message on the console, an exception of a script or a request
// that fails is a failure of the test, and axe-core looks for whatever shuts
// people out.
//
// It holds tests only. One browser serves them all and ends with them; a crash
// leaves a profile in the temporary folder.
package browser
