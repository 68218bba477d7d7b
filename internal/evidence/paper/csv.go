package paper

import (
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/report"
	"latchkey/internal/roles"
)

// columns of the table are names for programs, so they are the same in every language.
var columns = []string{
	"request", "window", "outcome", "person", "mail", "slack", "entra", "roles", "asked", "from", "until", "to", "reason", "tickets", "reason_state",
	"rule", "policy", "approved_by", "break_glass", "break_glass_review", "end", "ended_by", "end_note", "first_event", "last_event", "report", "digest",
}

// CSV writes each time of access and each request without as a row, with moments in UTC.
func CSV(r evidence.Report) ([]byte, error) {
	digest := r.Digest()
	var rows [][]string
	for _, a := range r.Accesses {
		rows = append(rows, row(r, a, "access", digest))
	}
	for _, a := range r.Refused {
		rows = append(rows, row(r, evidence.Access{Ask: a, To: a.OutcomeAt}, a.Outcome, digest))
	}
	return report.Table(columns, rows)
}

func row(r evidence.Report, a evidence.Access, outcome, digest string) []string {
	glass, review := "", ""
	if a.Glass != nil {
		glass, review = stamp(a.Glass.At), "open"
		if !a.Glass.Open {
			review = "signed off by " + called(a.Glass.By) + " " + stamp(a.Glass.SignedAt)
		}
	}
	window := ""
	if a.Window > 0 {
		window = number(uint64(a.Window))
	}
	names := make([]string, len(a.Roles))
	for i, id := range a.Roles {
		names[i] = roles.Name(id)
	}
	by := a.By
	if outcome != "access" {
		by = a.OutcomeBy
	}
	return []string{
		string(a.Request), window, outcome, called(a.Who), a.Who.Mail, slackID(a.Who), string(a.Who.Object), strings.Join(names, "; "),
		stamp(a.Asked), stamp(a.From), stamp(a.Until), stamp(a.To), a.Why.Text, strings.Join(a.Tickets, "; "), condition(a.Why),
		a.Rule, a.Policy, approvers(a), glass, review, string(a.Reason), called(by), a.End.Text + a.Note.Text,
		number(a.First), number(a.Last), r.ID, digest,
	}
}

// condition says whether the reason is what was written.
func condition(t evidence.Text) string {
	switch {
	case t.Deleted:
		return "deleted on request"
	case t.Gone:
		return "not kept any more"
	case t.Altered:
		return "not what the log was told"
	}
	return "original"
}

// approvers names who agreed or denied, and how it was known that it was they.
func approvers(a evidence.Access) string {
	all := a.Approvals
	for _, l := range a.Longer {
		all = append(all[:len(all):len(all)], l.Approvals...)
	}
	var out []string
	for _, one := range all {
		how := "slack " + slackID(one.By)
		switch {
		case one.SignedIn:
			how = "signed in as " + string(one.By.Object)
		case !one.Verified.IsZero():
			how += ", verified " + stamp(one.Verified)
		case one.Peer:
			how += ", colleague"
		default:
			how += ", not verified"
		}
		verdict := "approved by "
		if one.Verdict == access.Deny {
			verdict = "denied by "
		}
		out = append(out, verdict+called(one.By)+" "+stamp(one.At)+" ("+how+")")
	}
	if a.Auto {
		out = append(out, "by rule")
	}
	return strings.Join(out, "; ")
}

func called(p evidence.Person) string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Mail != "":
		return p.Mail
	}
	return string(p.User)
}

func slackID(p evidence.Person) string {
	switch {
	case p.User == "":
		return ""
	case p.Deleted:
		return string(p.User)
	}
	return string(p.Team) + "/" + string(p.User)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
