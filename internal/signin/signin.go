// Package signin explains the errors with which Microsoft Entra turns away a
// partner's person who opens a customer's tenant.
//
// It is pure. The meanings are facts of Microsoft's reference of error codes
// ("Microsoft Entra authentication and authorization error codes", read
// 2026-11-25) and of what the trade reports for delegated admins; the wording is
// ours. Microsoft may change codes, so one that is not here is no surprise.
package signin

import (
	"regexp"
	"slices"
)

// Side says whose admin can mend it.
type Side string

// The sides.
const (
	Customer Side = "customer" // an admin of the customer's tenant
	Partner  Side = "partner"  // the person, or an admin of the partner's tenant
)

// Error is one code and what it means to a delegated admin.
type Error struct {
	Code  string // "AADSTS53003"
	What  string // what happened, a sentence or two
	Whose Side
	// Next are the steps that mend it, in the order in which to try them.
	Next []string
	// Ask is a text for the customer's admin, to be copied; empty where the
	// customer need do nothing.
	Ask string
}

// mostFound bounds the answer: a log that was pasted may hold hundreds.
const mostFound = 3

var code = regexp.MustCompile(`(?i)\bAADSTS(\d{4,7})\b`)

// Find returns the errors whose codes stand in the text, each once and in its
// order, and the codes that are there and unknown here.
func Find(text string) (known []Error, unknown []string) {
	var seen []string
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		c := "AADSTS" + m[1]
		if slices.Contains(seen, c) || len(seen) == mostFound {
			continue
		}
		seen = append(seen, c)
		if i := slices.IndexFunc(table, func(e Error) bool { return e.Code == c }); i >= 0 {
			known = append(known, table[i])
		} else {
			unknown = append(unknown, c)
		}
	}
	return known, unknown
}

// Codes lists the codes that are known.
func Codes() []string {
	out := make([]string, len(table))
	for i, e := range table {
		out[i] = e.Code
	}
	return out
}
