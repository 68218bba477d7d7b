package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// mostNote is how long a reason may be, in characters.
const mostNote = 500

// act is a form by which somebody ends access, or says that it was not all right.
type act struct {
	Name, Action, Says, Reason, Hint, Button string
	Wrong                                    string
	Most                                     int
}

// acts are the forms beside that of the decision.
func (q Request) acts(in lang.Tag) []act {
	var out []act
	if q.MayEnd {
		out = append(out, act{
			Name: "end", Action: PathRequests + string(q.ID) + "/end", Most: mostNote, Button: in.Say("End access"),
			Says:   in.Say("End access takes it away from %s at once, with all of it that is still to begin. You need nobody for it.", q.Requester) + " " + in.Say("Sign-ins that are already open can keep working for up to about an hour."),
			Reason: in.Say("Reason"), Hint: in.Say("Optional; whoever asked reads it."),
		})
	}
	if q.MayObject {
		out = append(out, act{
			Name: "object", Action: PathRequests + string(q.ID) + "/object", Most: mostNote, Button: in.Say("This was not all right"),
			Says:   in.Say("The partner's administrators are alarmed, and the review stays open. To say so ends no access."),
			Reason: in.Say("What was not all right"), Hint: in.Say("The partner's administrators read it."),
		})
	}
	return out
}

// submitted takes a form of a request that somebody sent who has signed in: it must be
// the session's own. It reports false when it has answered already.
func (d *Desk) submitted(w http.ResponseWriter, r *http.Request) (s session, id access.RequestID, note string, ok bool) {
	s, ok = d.session(r)
	in := d.tongue(r, s.who)
	id, formed := requestOf(r)
	note = strings.Join(strings.Fields(r.PostFormValue("note")), " ")
	switch {
	case !ok:
		http.Redirect(w, r, PathRequests+url.PathEscape(r.PathValue("id")), http.StatusSeeOther) // it asks to sign in
	case !s.takes(r.PostFormValue("csrf")):
		d.refuse(w, r, in, d.decisions.Refused(r.Context(), s.who,
			access.RefuseAnyone(access.Forbidden, "This form was not drawn for you, so nothing was decided. Open the link again and decide there.")))
	case !formed, len([]rune(note)) > mostNote:
		d.refuse(w, r, in, d.decisions.Refused(r.Context(), s.who, errNotWhole))
	default:
		return s, id, note, true
	}
	return s, id, note, false
}

var errNotWhole = access.RefuseAnyone(access.Invalid, "This form is not whole, so nothing was decided. Open the link again and decide there.")

// end ends the access of a request, in the name of who has signed in.
func (d *Desk) end(w http.ResponseWriter, r *http.Request) {
	if s, id, note, ok := d.submitted(w, r); ok {
		d.done(w, r, s, id, d.decisions.End(context.WithoutCancel(r.Context()), s.who, id, note))
	}
}

// object records that it was not all right, and asks for words where there are none.
func (d *Desk) object(w http.ResponseWriter, r *http.Request) {
	s, id, note, ok := d.submitted(w, r)
	switch {
	case !ok:
	case note == "":
		in := d.tongue(r, s.who)
		d.again(w, r, s, id, func(p *page) {
			for i := range p.Acts {
				if p.Acts[i].Name == "object" {
					p.Acts[i].Wrong = in.Say("Say what was not all right.")
				}
			}
		})
	default:
		d.done(w, r, s, id, d.decisions.Object(context.WithoutCancel(r.Context()), s.who, id, note))
	}
}

// again shows the request anew, with what was wrong about a form.
func (d *Desk) again(w http.ResponseWriter, r *http.Request, s session, id access.RequestID, wrong func(*page)) {
	in := d.tongue(r, s.who)
	q, err := d.decisions.Request(r.Context(), s.who, id)
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	p := d.deciding(in, s, q)
	wrong(&p)
	d.show(w, http.StatusBadRequest, p)
}

// done leads back to the request, to see what became of it; loading that again does
// nothing.
func (d *Desk) done(w http.ResponseWriter, r *http.Request, s session, id access.RequestID, err error) {
	if err != nil {
		d.refuse(w, r, d.tongue(r, s.who), err)
		return
	}
	http.Redirect(w, r, PathRequests+string(id), http.StatusSeeOther)
}
