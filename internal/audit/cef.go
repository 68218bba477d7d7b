package audit

import (
	"fmt"
	"strconv"
	"strings"

	"latchkey/internal/access"
)

// In the head of CEF a bar ends a field, in what follows an equals sign ends a key; a
// backslash escapes either.
var (
	cefHead  = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\n", " ", "\r", " ")
	cefValue = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`)
)

// cef writes an event in the Common Event Format.
func cef(e access.Event, version string) string {
	severity, outcome := "3", "success"
	if failure(e.Kind) {
		severity, outcome = "5", "failure"
	}
	if grave(e.Kind) {
		severity = "8"
	}
	out := fmt.Sprintf("CEF:0|Latchkey|Latchkey|%s|%s|%s|%s|", cefHead.Replace(version), cefHead.Replace(string(e.Kind)), cefHead.Replace(said(e.Kind)), severity)
	var fields []string
	add := func(key, value string) {
		if value != "" {
			fields = append(fields, key+"="+cefValue.Replace(value))
		}
	}
	custom := func(n int, label, value string) {
		if value != "" {
			add(fmt.Sprintf("cs%d", n), value)
			add(fmt.Sprintf("cs%dLabel", n), label)
		}
	}
	add("rt", strconv.FormatInt(e.At.UnixMilli(), 10))
	add("externalId", e.Hash)
	add("act", string(e.Kind))
	add("outcome", outcome)
	add("suid", string(e.Actor.User))
	add("cn1", strconv.FormatUint(e.Seq, 10))
	add("cn1Label", "sequence")
	custom(1, "customer", string(e.Customer))
	custom(2, "request", string(e.Request))
	custom(3, "team", string(e.Actor.Team))
	custom(4, "entraObject", string(e.Actor.Entra.Object))
	custom(5, "ref", e.Ref)
	custom(6, "detail", detailOf(e))
	return out + strings.Join(fields, " ")
}

// said is the kind of an event as words.
func said(k access.EventKind) string { return strings.ReplaceAll(string(k), ".", " ") }
