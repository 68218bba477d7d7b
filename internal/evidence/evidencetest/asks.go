package evidencetest

import (
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// ID is the id of the customer's request of a number.
func (p Past) ID(i int) access.RequestID {
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	text := []byte{p.Mark[0], 0, 0, 0, 0}
	for n := 4; n > 0; n-- {
		text[n] = letters[i%32]
		i /= 32
	}
	return access.RequestID("R-" + string(text))
}

// what becomes of the i'th request.
const (
	given = iota
	denied
	glass
	early
	lapsed
	auto
	tried
)

func fate(i int) int {
	switch i % 17 {
	case 5:
		return denied
	case 7:
		return early
	case 9:
		return lapsed
	case 11:
		return glass
	case 13:
		return auto
	case 15:
		return tried
	}
	return given
}

// ask writes a request from its beginning to its end.
func (p Past) ask(tx state.Tx, i int) error {
	at, who := p.Start.Add(time.Duration(i)*p.Every), staff[i%len(staff)]
	contact := p.contacts()[i%2]
	who.Entra = access.Account{Tenant: "fabrikam", Object: Object(i)}
	r := access.Request{
		ID: p.ID(i), Requester: who, Principal: Object(i), Customer: p.Tenant, CustomerName: p.Name, Roles: access.SortRoles(sets[i%len(sets)]),
		Duration: time.Duration(1+i%4) * time.Hour, Justification: p.Word + ": " + fmt.Sprintf(reasons[i%len(reasons)], 4000+i), Salt: "salt" + p.Mark,
		Rule: access.Rule{Name: "Desk", PolicyVersion: "1f0c52a9e7b3", MaxDuration: 8 * time.Hour, Approvals: 1, Auto: fate(i) == auto}, CreatedAt: at, DecideBy: at.Add(24 * time.Hour),
		Terms: 1, Rev: 1, State: access.Pending,
	}
	if fate(i) == tried {
		return p.log(tx, at, who, access.EventRefused, "", "act", "request", "code", "forbidden")
	}
	err := p.log(tx, at, r.Requester, access.EventRequested, r.ID, "roles", joined(r.Roles), "duration", r.Duration.String(),
		"justification", audit.Digest(r.Salt, r.Justification), "policy", r.Rule.PolicyVersion)
	decided := at.Add(11 * time.Minute)
	d := access.Decision{By: contact.Person, Verdict: access.Approve, At: decided, SignedIn: i%5 == 0 && contact.Verified()}
	switch fate(i) {
	case denied:
		d.Verdict, d.Note = access.Deny, p.Word+": not during the audit"
		r.Decisions, r.State, r.EndedAt = []access.Decision{d}, access.Denied, decided
		return errors.Join(err, state.PutRequest(tx, r), p.log(tx, decided, d.By, access.EventDenied, r.ID, append(signed(d), "state", "denied", "note", audit.Digest(r.Salt, d.Note))...))
	case lapsed:
		r.State, r.EndedAt = access.Lapsed, r.DecideBy
		return errors.Join(err, state.PutRequest(tx, r), p.log(tx, r.DecideBy, access.Person{}, access.EventLapsed, r.ID))
	case glass:
		r.BrokenAt, r.Rule.BreakGlass = at, 4*time.Hour
		v := access.NewBreakGlassReview(r)
		if i%2 == 0 {
			v.SignedBy, v.SignedAt, v.Note = staff[1], at.Add(20*time.Hour), p.Word+": the mail gateway was down, called the customer at once"
		} else {
			v.Objections = []access.Objection{{By: contact.Person, At: at.Add(3 * time.Hour), Note: p.Word + ": nobody called us", Contact: true}}
		}
		err = errors.Join(err, state.PutBreakGlassReview(tx, v), p.log(tx, at, r.Requester, access.EventBrokeGlass, r.ID, "state", "approved",
			"roles", joined(r.Roles), "duration", r.Duration.String(), "justification", audit.Digest(r.Salt, r.Justification), "policy", r.Rule.PolicyVersion))
		for _, o := range v.Objections {
			err = errors.Join(err, p.log(tx, o.At, o.By, access.EventObjected, r.ID, "note", audit.Digest(r.Salt, o.Note)))
		}
		if !v.Open() {
			err = errors.Join(err, p.log(tx, v.SignedAt, v.SignedBy, access.EventSignedOff, r.ID, "note", audit.Digest(r.Salt, v.Note)))
		}
		decided = at
	case auto:
		err = errors.Join(err, p.log(tx, at, access.Person{}, access.EventApproved, r.ID, "state", "approved", "rule", "Desk"))
		decided = at
	default:
		r.Decisions = []access.Decision{d}
		err = errors.Join(err, p.log(tx, decided, d.By, access.EventApproved, r.ID, append(signed(d), "state", "approved")...))
	}
	r.State, r.EndedAt = access.Approved, decided
	return errors.Join(err, state.PutRequest(tx, r), p.grant(tx, r, decided, fate(i) == early))
}

// signed is how the log tells that somebody had signed in for a decision.
func signed(d access.Decision) []string {
	if !d.SignedIn {
		return nil
	}
	return []string{"signed_in", string(d.By.Entra.Object)}
}

// grant writes the access of an approved request.
func (p Past) grant(tx state.Tx, r access.Request, at time.Time, early bool) error {
	g := access.NewGrant(r, at)
	err := p.log(tx, at, access.Person{}, access.EventGranting, r.ID, "container", string(g.Container))
	active := at.Add(40 * time.Second)
	g = g.Joined(active)
	err = errors.Join(err, p.log(tx, active, access.Person{}, access.EventActive, r.ID, "until", g.ExpiresAt.Format(time.RFC3339), "principal", string(g.Principal)))
	end, reason, by := g.ExpiresAt, access.Expired, access.Person{}
	if early {
		end, reason, by, g.EndNote = active.Add(17*time.Minute), access.Revoked, r.Requester, p.Word+": done sooner"
	}
	note := g.EndNote
	g, bad := g.End(reason, by, note)
	detail := []string{"reason", string(reason)}
	if note != "" {
		detail = append(detail, "note", audit.Digest(r.Salt, note))
	}
	err = errors.Join(err, bad, p.log(tx, end, by, access.EventEnding, r.ID, detail...))
	g = g.Left("", end.Add(25*time.Second))
	return errors.Join(err, p.log(tx, g.EndedAt, access.Person{}, access.EventEnded, r.ID, "reason", string(reason), "held by", ""), state.PutGrant(tx, g))
}

func joined(ids []access.RoleID) string {
	out := ""
	for i, id := range ids {
		if i > 0 {
			out += ","
		}
		out += string(id)
	}
	return out
}
