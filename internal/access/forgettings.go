package access

import (
	"strings"
	"time"
)

// Forgettings are the deletions on request that the log tells of: by nothing else may
// something that people wrote, or who they are, be missing from a record.
type Forgettings struct {
	at map[int64][]string // whose words went at that moment; empty: the log does not say
	as map[UserID]bool    // what stands in the place of people
}

// Hear takes one event of the log.
func (f *Forgettings) Hear(e Event) {
	if e.Kind != EventForgetting && e.Kind != EventForgotten {
		return
	}
	if f.at == nil {
		f.at, f.as = map[int64][]string{}, map[UserID]bool{}
	}
	f.as[UserID(e.Detail["as"])] = true
	if e.Kind == EventForgetting {
		at := e.At.UnixMilli()
		f.at[at] = append(f.at[at], e.Detail["of"])
	}
}

// Was reports whether words were taken out of the record at that moment: that of a request,
// by its id, or of an offer.
func (f Forgettings) Was(id string, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	for _, of := range f.at[at.UnixMilli()] {
		if of == "" || strings.Contains(" "+of+" ", " "+id+" ") {
			return true
		}
	}
	return false
}

// Same reports whether somebody in a record is whom the log names. Who was forgotten is known
// by what stands in their place, and by their account in Entra.
func (f Forgettings) Same(record, told Person) bool {
	if standIn(string(record.User)) {
		known := record.Entra.Known() && told.Entra.Known()
		return f.as[record.User] && (!known || record.Entra == told.Entra)
	}
	return record.Same(told) || !record.Known() && !told.Known()
}

// Word reports whether a decision is the one that the log tells of.
func (f Forgettings) Word(d Decision, e Event) bool {
	verdict := Approve
	if e.Kind == EventDenied {
		verdict = Deny
	}
	instead := d.For.User == UserID(e.Detail["for"]) || standIn(string(d.For.User)) && f.as[d.For.User]
	return d.Verdict == verdict && d.At.Equal(e.At) && string(d.Stage) == e.Detail["stage"] && d.SignedIn == (e.Detail["signed_in"] != "") &&
		(d.Narrowed != nil) == (e.Detail["duration"] != "") && instead && f.Same(d.By, e.Actor)
}
