package main

// Whom the bot trusts, where the machine does not say: in an image that is this one file.
import _ "golang.org/x/crypto/x509roots/fallback"
