package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

const (
	// PathRequests is below which customers' people look at requests and decide.
	PathRequests = "/requests/"
	// PathContacts is below which they sign in, and are verified by a link of their own.
	PathContacts = "/contacts/"
	// PathSignedIn is where Microsoft sends them back to.
	PathSignedIn = PathContacts + "callback"
	pathSignOut  = PathContacts + "sign-out"
)

// Decisions is what customers' people do on the pages. Its refusals are [access.Error]
// and are shown. Who may what it finds out anew each time.
type Decisions interface {
	// Language is the one of the customer whose tenant it is; empty for no customer's.
	Language(tenant access.TenantID) lang.Tag
	// Arrived takes somebody who has just signed in. It reports false for who holds a
	// role that would do but is no contact, and the customer's name.
	Arrived(ctx context.Context, who access.SignIn) (customer string, bound bool, err error)
	// Request shows a request to a contact who has signed in.
	Request(ctx context.Context, who access.SignIn, id access.RequestID) (Request, error)
	// Decide records what a contact said on the terms they saw.
	// Less is nil where all of it is meant.
	Decide(ctx context.Context, who access.SignIn, id access.RequestID, terms int, v access.Verdict, note string, less *Less) error
	// End ends the access of a request, and Object says of one that was taken by
	// break-glass that it was not all right.
	End(ctx context.Context, who access.SignIn, id access.RequestID, note string) error
	Object(ctx context.Context, who access.SignIn, id access.RequestID, note string) error
	// Verifying says of which customer the link's holder is a contact, and under which name
	// in Slack.
	Verifying(ctx context.Context, secret string) (customer, name string, err error)
	// Verify uses the link up for who has signed in.
	Verify(ctx context.Context, secret string, who access.SignIn) error
	// Refused records that somebody was turned away, and returns the refusal.
	Refused(ctx context.Context, who access.SignIn, refusal *access.Error) error
}

// Desk is the pages of customers' people: the same words as in Slack, said by
// somebody who has signed in to their own tenant. A link to them carries no authority,
// and opening one changes nothing.
type Desk struct {
	*chrome
	o         Options
	decisions Decisions
	reviews   Reviews
	reports   Reports
	microsoft *microsoft
}

// NewDesk returns the pages, on which people of all organisations sign in. It makes no
// call.
func NewDesk(o Options, d Decisions, v Reviews, e Reports) *Desk {
	c, m := parts(o)
	m.pattern = m.authority + "/" + tenantPart + "/v2.0"
	m.authority += "/organizations/v2.0"
	m.redirect += PathSignedIn
	return &Desk{chrome: c, o: o, decisions: d, reviews: v, reports: e, microsoft: m}
}

// RequestLink is the address of the page of a request.
func RequestLink(publicURL string, id access.RequestID) string {
	return strings.TrimRight(publicURL, "/") + PathRequests + url.PathEscape(string(id))
}

// VerifyLink is the address of the page on which the holder of a secret is verified.
func VerifyLink(publicURL, secret string) string {
	return strings.TrimRight(publicURL, "/") + PathContacts + url.PathEscape(secret)
}

// Handler serves the pages.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PathRequests+"{id}", d.request)
	mux.HandleFunc("POST "+PathRequests+"{id}", d.decide)
	mux.HandleFunc("POST "+PathRequests+"{id}/sign-in", d.beginRequest)
	mux.HandleFunc("POST "+PathRequests+"{id}/end", d.end)
	mux.HandleFunc("POST "+PathRequests+"{id}/object", d.object)
	mux.HandleFunc("GET "+PathReviews+"{id}", d.review)
	mux.HandleFunc("POST "+PathReviews+"{id}", d.answer)
	mux.HandleFunc("POST "+PathReviews+"{id}/sign-in", d.beginReview)
	mux.HandleFunc("POST "+PathEvidence, d.evidence)
	mux.HandleFunc("GET "+PathContacts+"{secret}", d.verifying)
	mux.HandleFunc("POST "+PathContacts+"{secret}", d.beginVerifying)
	mux.HandleFunc("GET "+PathSignedIn, d.finish)
	mux.HandleFunc("POST "+pathSignOut, d.signOut)
	return d.guarded(mux)
}

// verifyFlow marks a sign-in that is for a contact's own link; others are for a request.
const verifyFlow = "verify "

func requestOf(r *http.Request) (access.RequestID, bool) {
	id, ok := access.ParseRequestID(r.PathValue("id"))
	return id, ok && string(id) == r.PathValue("id")
}

// tongue is the language of the customer, or, as long as nobody has signed in, one that
// the browser asks for.
func (d *Desk) tongue(r *http.Request, who access.SignIn) lang.Tag {
	if t := d.decisions.Language(who.Account.Tenant); t != "" {
		return t
	}
	return asked(r)
}

// request shows the request to who has signed in, and to others how to. Of the request
// itself they learn nothing, not even whether there is one.
func (d *Desk) request(w http.ResponseWriter, r *http.Request) {
	s, ok := d.session(r)
	in := d.tongue(r, s.who)
	id, formed := requestOf(r)
	if !formed {
		d.refuse(w, r, in, access.RefuseAnyone(access.NotFound, "This is not the address of a request. Open the link from Slack or from the mail."))
		return
	}
	if !ok {
		d.show(w, http.StatusOK, page{
			Title: in.Say("Decide on request %s", string(id)), Language: in.HTML(),
			SignIn: &signIn{
				Action: PathRequests + string(id) + "/sign-in", Button: in.Say("Sign in with Microsoft"),
				Says: in.Say("To see what is asked for and to decide on it, sign in with your account of your own organisation. Nothing is decided by that."),
			},
		})
		return
	}
	q, err := d.decisions.Request(r.Context(), s.who, id)
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	d.show(w, http.StatusOK, d.deciding(in, s, q))
}

// deciding is the page of a request.
func (d *Desk) deciding(in lang.Tag, s session, q Request) page {
	p := page{
		Title: in.Say("%s asks for access to %s", q.Requester, q.Customer), Language: in.HTML(),
		Who: s.who.UPN, SignOut: pathSignOut, Leave: in.Say("Sign out here"), CSRF: s.token, Request: q.in(in), Acts: q.acts(in),
		Wish: d.wish(in, s),
	}
	if !q.Taken.IsZero() {
		p.Title = in.Say("%s of your partner has taken access to %s WITHOUT YOUR APPROVAL", q.Requester, q.Customer)
	}
	if q.Waits && q.MayNot == "" {
		gives := in.Say("Approve gives exactly what stands above, to %s and nobody else, for %s from when it is in place.", q.Requester, q.Duration)
		if len(q.Starts) > 0 || q.Extends != "" {
			gives = in.Say("Approve gives exactly what stands above, at the times that stand there, to %s and nobody else.", q.Requester)
		}
		p.Form = &form{
			Action: PathRequests + string(q.ID), Terms: q.Terms, Most: mostNote,
			Reason: in.Say("Reason"), Hint: in.Say("Needed to deny; whoever asked reads it."),
			Approve: in.Say("Approve"), Deny: in.Say("Deny"),
			Says: gives, Less: q.less(in),
		}
	}
	return p
}

// decide records the word of who has signed in.
func (d *Desk) decide(w http.ResponseWriter, r *http.Request) {
	s, id, note, ok := d.submitted(w, r)
	if !ok {
		return
	}
	in := d.tongue(r, s.who)
	verdict := access.Verdict(r.PostFormValue("verdict"))
	terms, err := strconv.Atoi(r.PostFormValue("terms"))
	switch {
	case err != nil, verdict != access.Approve && verdict != access.Deny:
		d.refuse(w, r, in, d.decisions.Refused(r.Context(), s.who, errNotWhole))
	case verdict == access.Deny && note == "":
		d.again(w, r, s, id, func(p *page) {
			if p.Form != nil {
				p.Form.Wrong = in.Say("Say why, so that whoever asked knows what to change.")
			}
		})
	default:
		d.done(w, r, s, id, d.decisions.Decide(context.WithoutCancel(r.Context()), s.who, id, terms, verdict, note, left(r.PostForm)))
	}
}

// beginRequest sends the browser to Microsoft, to come back to the request.
func (d *Desk) beginRequest(w http.ResponseWriter, r *http.Request) {
	id, formed := requestOf(r)
	if !formed {
		http.Redirect(w, r, PathRequests+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	d.begin(w, r, string(id))
}

func (d *Desk) begin(w http.ResponseWriter, r *http.Request, what string) {
	in := d.tongue(r, access.SignIn{})
	address, err := d.chrome.start(w, r, d.microsoft, what, "email", oauth2.SetAuthURLParam("prompt", "select_account"))
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	d.show(w, http.StatusOK, page{
		Title: in.Say("On to Microsoft"), Language: in.HTML(), Next: address, Button: "", Label: in.Say("Continue to Microsoft"),
	})
}

// verifying shows a contact what their link is for.
func (d *Desk) verifying(w http.ResponseWriter, r *http.Request) {
	in := d.tongue(r, access.SignIn{})
	customer, name, err := d.decisions.Verifying(r.Context(), r.PathValue("secret"))
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	d.show(w, http.StatusOK, page{
		Title: in.Say("Be verified as a contact of %s", customer), Language: in.HTML(),
		// Whoever was sent the link of somebody else must see whom they would vouch for.
		Lines: []string{in.Say("Whoever is %s in Slack can then decide on access to %s in your name. If that is not you, close this page, and ask your partner who that is.", name, customer)},
		SignIn: &signIn{
			Action: PathContacts + url.PathEscape(r.PathValue("secret")), Button: in.Say("Sign in with Microsoft"),
			Says: in.Say("Sign in with your account of %s, as an administrator of it. It shows that you belong there; nothing else is done with it.", customer),
		},
	})
}

func (d *Desk) beginVerifying(w http.ResponseWriter, r *http.Request) {
	if _, _, err := d.decisions.Verifying(r.Context(), r.PathValue("secret")); err != nil {
		d.refuse(w, r, d.tongue(r, access.SignIn{}), err)
		return
	}
	d.begin(w, r, verifyFlow+r.PathValue("secret"))
}

// finish takes the person back from Microsoft. It decides nothing.
func (d *Desk) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	in := d.tongue(r, access.SignIn{})
	f, ok, err := d.take(r)
	switch {
	case err != nil:
		d.refuse(w, r, in, err)
		return
	case !ok:
		d.refuse(w, r, in, access.RefuseAnyone(access.Invalid,
			"This sign-in is not known here: it was begun in another browser, has been used, or took too long. Open the link again."))
		return
	case q.Get("error") != "":
		d.refuse(w, r, in, d.decisions.Refused(r.Context(), access.SignIn{},
			access.RefuseAnyone(access.Forbidden, "Microsoft did not let you in, so nothing was done. Open the link again, or ask an administrator of your organisation to allow this application.")))
		return
	}
	ctx := context.WithoutCancel(r.Context())
	id, _, err := d.microsoft.redeem(ctx, f, q.Get("code"), "email")
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	who, err := whoIs(id)
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		err = d.decisions.Refused(ctx, who, refusal)
	}
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	in = d.tongue(r, who)
	if secret, ok := strings.CutPrefix(f.secret, verifyFlow); ok {
		d.verify(ctx, w, r, secret, who)
		return
	}
	customer, bound, err := d.decisions.Arrived(ctx, who)
	switch {
	case err != nil:
		d.refuse(w, r, in, err)
	case !bound:
		d.show(w, http.StatusForbidden, page{
			Title: in.Say("You are not a contact yet"), Language: in.HTML(), Bad: true, Close: in.Say("You can close this page."),
			Lines: []string{in.Say("You hold a role with which you could decide for %s, but your partner has not linked you as a contact. It knows by now that you would like to be. Nothing was decided.", customer)},
		})
	default:
		if err := d.open(ctx, w, who); err != nil {
			d.refuse(w, r, in, err)
			return
		}
		if id, ok := strings.CutPrefix(f.secret, reviewFlow); ok {
			http.Redirect(w, r, PathReviews+id, http.StatusSeeOther)
			return
		}
		http.Redirect(w, r, PathRequests+f.secret, http.StatusSeeOther)
	}
}

func (d *Desk) verify(ctx context.Context, w http.ResponseWriter, r *http.Request, secret string, who access.SignIn) {
	in := d.tongue(r, who)
	if err := d.decisions.Verify(ctx, secret, who); err != nil {
		d.refuse(w, r, in, err)
		return
	}
	d.show(w, http.StatusOK, page{
		Title: in.Say("You are verified"), Language: in.HTML(), Good: true, Close: in.Say("You can close this page."),
		Lines: []string{in.Say("You can decide on requests now. Where a request needs it, you sign in again, on a page like this one.")},
	})
}

func (d *Desk) signOut(w http.ResponseWriter, r *http.Request) {
	s, ok := d.session(r)
	in := d.tongue(r, s.who)
	if ok && s.takes(r.PostFormValue("csrf")) {
		if err := d.close(r); err != nil {
			d.refuse(w, r, in, err)
			return
		}
	}
	d.set(w, "session", "", -time.Second)
	d.show(w, http.StatusOK, page{Title: in.Say("You have signed out here"), Language: in.HTML(), Good: true, Close: in.Say("You can close this page.")})
}

// refuse shows a refusal in the language, or that something went wrong.
func (d *Desk) refuse(w http.ResponseWriter, r *http.Request, in lang.Tag, err error) {
	p := page{Language: in.HTML(), Bad: true, Close: in.Say("You can close this page.")}
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		p.Title, p.Lines = in.Say("That did not work"), []string{in.Error(refusal)}
		d.show(w, statusOf(refusal), p)
		return
	}
	d.log.ErrorContext(r.Context(), "sign-in failed", "err", err)
	p.Title = in.Say("Something went wrong")
	p.Lines = []string{in.Say("That could not be completed. Open the link again to see what was done.")}
	d.show(w, http.StatusBadGateway, p)
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// whoIs reads who has signed in, to their own organisation: a guest is a person of
// another one.
func whoIs(id *oidc.IDToken) (access.SignIn, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return access.SignIn{}, err
	}
	who := access.SignIn{
		Account: access.Account{Tenant: access.TenantID(c.Tenant), Object: access.PrincipalID(strings.ToLower(c.Object))},
		Name:    c.Name, UPN: c.UPN, Mail: c.Mail,
	}
	for _, role := range c.Roles {
		who.Roles = append(who.Roles, access.RoleID(strings.ToLower(role)))
	}
	switch {
	case !who.Account.Known() || who.UPN == "":
		return who, access.RefuseAnyone(access.Forbidden, "Microsoft does not say who you are, so nothing was done.")
	case c.guest():
		return who, access.RefuseAnyone(access.Forbidden, "You have signed in as a guest, so nothing was done. Use your own account of your own organisation.")
	}
	return who, nil
}
