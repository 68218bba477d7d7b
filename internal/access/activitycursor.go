package access

import (
	"cmp"
	"slices"
	"time"
)

// ActivityState is how the reading of a tenant's log stands.
type ActivityState string

// The states. Empty is that nobody has tried yet.
const (
	ActivityUnknown    ActivityState = ""
	ActivityRead       ActivityState = "read"
	ActivityNotAllowed ActivityState = "not consented" // the customer has not consented, or not any more
	ActivityNoLicence  ActivityState = "no licence"    // the tenant lacks what reading its sign-ins by Graph needs
	ActivityRefused    ActivityState = "refused"       // for another reason, which is in the problem
)

// LogCursor is how far one log of a tenant is read.
type LogCursor struct {
	State ActivityState
	// Since is from when on it is read, and Until the moment before which all of it is.
	Since, Until time.Time
	// Page is where the pass goes on that is under way, as Microsoft gave it; empty: there is
	// none. Through is until when that pass reads.
	Page    string
	Through time.Time
	// Down is how far down that pass is: what is newer is taken, so that it goes on from
	// there where Microsoft does not know the page any more.
	Down time.Time
	// Seen are the ids of entries from Until on, which are met again when reading goes on.
	Seen []string
}

// Covers reports whether all of the time is read.
func (c LogCursor) Covers(from, to time.Time) bool {
	return c.State == ActivityRead && !c.Since.IsZero() && !from.Before(c.Since) && !to.After(c.Until)
}

// ActivityCursor is how far the logs of one customer's tenant are read, when, and why not.
type ActivityCursor struct {
	Tenant  TenantID
	SignIns LogCursor
	Audits  LogCursor
	ReadAt  time.Time // when a read last succeeded; zero: never
	TriedAt time.Time // when one was last tried
	NextAt  time.Time // when the next is due
	Problem string    // why the last did not succeed, as a sentence
	// Rev counts what was taken: who goes on from it must have read it as it is.
	Rev int
}

// State is how reading the tenant stands: the better of its two logs.
func (c ActivityCursor) State() ActivityState {
	for _, s := range []ActivityState{ActivityRead, ActivityRefused, ActivityNoLicence, ActivityNotAllowed} {
		if c.SignIns.State == s || c.Audits.State == s {
			return s
		}
	}
	return ActivityUnknown
}

// Log returns the cursor of one log.
func (c ActivityCursor) Log(l ActLog) LogCursor {
	if l == ActAudit {
		return c.Audits
	}
	return c.SignIns
}

// With returns the cursor with that of one log replaced.
func (c ActivityCursor) With(l ActLog, log LogCursor) ActivityCursor {
	if l == ActAudit {
		c.Audits = log
	} else {
		c.SignIns = log
	}
	return c
}

// Until is until when all logs that can be read are.
func (c ActivityCursor) Until() time.Time {
	var until time.Time
	for _, l := range []LogCursor{c.SignIns, c.Audits} {
		if l.State == ActivityRead && (until.IsZero() || l.Until.Before(until)) {
			until = l.Until
		}
	}
	return until
}

// Fresh returns the acts that were not taken yet, each once, the first first.
func (c ActivityCursor) Fresh(acts []Act) []Act {
	type key struct {
		log ActLog
		id  string
	}
	seen := map[key]bool{}
	for _, l := range []ActLog{ActSignIn, ActAudit} {
		for _, id := range c.Log(l).Seen {
			seen[key{l, id}] = true
		}
	}
	var out []Act
	for _, a := range acts {
		if k := (key{a.Log, a.ID}); !seen[k] {
			seen[k] = true
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Act) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Log, b.Log), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Begun reports whether the log is being read, or was read for any time.
func (c LogCursor) Begun() bool { return c.State == ActivityRead || c.Until.After(c.Since) }
