package web

import (
	"context"
	"mime"
	"net/http"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// PathEvidence is where customers' people have the evidence of who of their partner had
// access.
const PathEvidence = "/evidence"

// Reports makes that evidence. Who may have it, and how often, it finds out anew each time.
type Reports interface {
	// Periods are the times of which there can be a report, the first one first.
	Periods(tenant access.TenantID) []Period
	// Report makes the report of a time, as one file with all that belongs to it.
	Report(ctx context.Context, who access.SignIn, period string) (File, error)
}

// Period is a time to choose.
type Period struct{ Value, Name string }

// File is what the browser saves.
type File struct {
	Name    string
	Content []byte
}

// wish is the form by which somebody has a report.
type wish struct {
	Action, Title, Says, Label, Button string
	Periods                            []Period
}

// wish is on every page on which somebody sees their partner's access.
func (d *Desk) wish(in lang.Tag, s session) *wish {
	return &wish{
		Action: PathEvidence, Title: in.Say("Evidence of access"), Label: in.Say("Of which time"), Button: in.Say("Make it"),
		Says:    in.Say("Who of your partner had access, why, who allowed it and how it ended, as a PDF, a page and a table, with the proof that it is whole. It takes some seconds."),
		Periods: d.reports.Periods(s.who.Account.Tenant),
	}
}

// evidence makes a report and gives it to the browser. That it was asked for is written
// down before, and what was given before the browser has it.
func (d *Desk) evidence(w http.ResponseWriter, r *http.Request) {
	s, ok := d.session(r)
	in := d.tongue(r, s.who)
	ctx := context.WithoutCancel(r.Context())
	switch {
	case !ok:
		d.refuse(w, r, in, access.RefuseAnyone(access.Forbidden, "You have not signed in, or it is too long ago, so nothing was made. Open the link again and sign in."))
		return
	case !s.takes(r.PostFormValue("csrf")):
		d.refuse(w, r, in, d.decisions.Refused(ctx, s.who,
			access.RefuseAnyone(access.Forbidden, "This form was not drawn for you, so nothing was decided. Open the link again and decide there.")))
		return
	}
	f, err := d.reports.Report(ctx, s.who, r.PostFormValue("period"))
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Write(f.Content) //nolint:errcheck // the browser has left
}
