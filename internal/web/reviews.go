package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// PathReviews is below which customers' people answer access reviews.
const PathReviews = "/reviews/"

// ReviewLink is the address of the page of an access review.
func ReviewLink(publicURL string, id access.ReviewID) string {
	return strings.TrimRight(publicURL, "/") + PathReviews + url.PathEscape(string(id))
}

// Reviews is what customers' people do on the page of an access review. Who may what it
// finds out anew each time.
type Reviews interface {
	Review(ctx context.Context, who access.SignIn, id access.ReviewID) (Review, error)
	// Removal says what stops when a row is removed.
	Removal(ctx context.Context, who access.SignIn, ref ReviewRow) (Removal, error)
	Answer(ctx context.Context, who access.SignIn, ref ReviewRow, a access.Answer) error
	KeepRest(ctx context.Context, who access.SignIn, id access.ReviewID, terms int) error
}

// Review is an access review in words.
type Review struct {
	ID    access.ReviewID
	Title string
	Intro []string
	Rows  []ReviewRow
	Rest  string // what keeping all the rest means; empty where that cannot be said
	Terms int
}

// ReviewRow is a row of it, with the terms with which it is shown.
type ReviewRow struct {
	Review   access.ReviewID
	N, Terms int
	Lines    []string
	Waits    bool
}

// Removal is what would stop.
type Removal struct{ Row, Stops []string }

// sheet is a review on a page, or one step of it that is to be confirmed.
type sheet struct {
	Action, Keep, Remove, Rest string
	Intro                      []string
	Rows                       []ReviewRow
	Terms                      int
	Confirm                    *confirm
}

// confirm is a second look at what is about to be done.
type confirm struct {
	Answer, Button, Back, BackTo string
	N, Terms                     int
	Stops                        []string
	Bad                          bool
}

func reviewOf(r *http.Request) (access.ReviewID, bool) {
	id, ok := access.ParseReviewID(r.PathValue("id"))
	return id, ok && string(id) == r.PathValue("id")
}

// review shows the review to who has signed in, and to others how to.
func (d *Desk) review(w http.ResponseWriter, r *http.Request) {
	s, ok := d.session(r)
	in := d.tongue(r, s.who)
	id, formed := reviewOf(r)
	switch {
	case !formed:
		d.refuse(w, r, in, errNoSheet)
	case !ok:
		d.show(w, http.StatusOK, page{
			Title: in.Say("Answer the access review %s", string(id)), Language: in.HTML(),
			SignIn: &signIn{
				Action: PathReviews + string(id) + "/sign-in", Button: in.Say("Sign in with Microsoft"),
				Says: in.Say("To see what gives access for good and to answer, sign in with your account of your own organisation. Nothing is answered by that."),
			},
		})
	default:
		v, err := d.reviews.Review(r.Context(), s.who, id)
		if err != nil {
			d.refuse(w, r, in, err)
			return
		}
		p := d.sheet(in, s, id, v.Title)
		p.Sheet.Intro, p.Sheet.Rows, p.Sheet.Terms = v.Intro, v.Rows, v.Terms
		p.Wish = d.wish(in, s)
		if v.Rest != "" {
			p.Sheet.Rest = in.Say("Keep all the rest")
		}
		d.show(w, http.StatusOK, p)
	}
}

var errNoSheet = access.RefuseAnyone(access.NotFound, "This is not the address of an access review. Open the link from the mail.")

func (d *Desk) sheet(in lang.Tag, s session, id access.ReviewID, title string) page {
	return page{
		Title: title, Language: in.HTML(), Who: s.who.UPN, SignOut: pathSignOut, Leave: in.Say("Sign out here"), CSRF: s.token,
		Sheet: &sheet{Action: PathReviews + string(id), Keep: in.Say("Keep"), Remove: in.Say("Remove")},
	}
}

// reviewFlow marks a sign-in that is for an access review.
const reviewFlow = "review "

// beginReview sends the browser to Microsoft, to come back to the review.
func (d *Desk) beginReview(w http.ResponseWriter, r *http.Request) {
	id, formed := reviewOf(r)
	if !formed {
		d.refuse(w, r, d.tongue(r, access.SignIn{}), errNoSheet)
		return
	}
	d.begin(w, r, reviewFlow+string(id))
}

// answer records the word of who has signed in. What takes something away, or answers for
// many, is shown first, and done when it comes again.
func (d *Desk) answer(w http.ResponseWriter, r *http.Request) {
	s, ok := d.session(r)
	in := d.tongue(r, s.who)
	id, formed := reviewOf(r)
	n, err1 := strconv.Atoi(r.PostFormValue("row"))
	terms, err2 := strconv.Atoi(r.PostFormValue("terms"))
	ref, ctx := ReviewRow{Review: id, N: n, Terms: terms}, context.WithoutCancel(r.Context())
	var err error
	switch what := r.PostFormValue("word"); {
	case !formed:
		err = errNoSheet
	case !ok:
	case !s.takes(r.PostFormValue("csrf")):
		err = d.decisions.Refused(ctx, s.who,
			access.RefuseAnyone(access.Forbidden, "This form was not drawn for you, so nothing was decided. Open the link again and decide there."))
	case err1 != nil, err2 != nil:
		err = d.decisions.Refused(ctx, s.who, errNotWhole)
	case what == "keep":
		err = d.reviews.Answer(ctx, s.who, ref, access.AnswerKeep)
	case what == "removed":
		err = d.reviews.Answer(ctx, s.who, ref, access.AnswerRemove)
	case what == "kept":
		err = d.reviews.KeepRest(ctx, s.who, id, terms)
	case what == "remove", what == "rest":
		d.confirming(w, r, s, ref, what)
		return
	default:
		err = d.decisions.Refused(ctx, s.who, errNotWhole)
	}
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	http.Redirect(w, r, PathReviews+string(id), http.StatusSeeOther) // it asks to sign in, or shows what became of it
}

// confirming shows what is about to be done.
func (d *Desk) confirming(w http.ResponseWriter, r *http.Request, s session, ref ReviewRow, what string) {
	in := d.tongue(r, s.who)
	c := &confirm{Back: in.Say("Back, without doing it"), BackTo: PathReviews + string(ref.Review), N: ref.N, Terms: ref.Terms}
	p := d.sheet(in, s, ref.Review, in.Say("Keep all the rest?"))
	p.Sheet.Confirm = c
	if what == "rest" {
		v, err := d.reviews.Review(r.Context(), s.who, ref.Review)
		if err != nil {
			d.refuse(w, r, in, err)
			return
		}
		c.Answer, c.Button, p.Lines = "kept", in.Say("Keep"), []string{v.Rest}
		d.show(w, http.StatusOK, p)
		return
	}
	v, err := d.reviews.Removal(r.Context(), s.who, ref)
	if err != nil {
		d.refuse(w, r, in, err)
		return
	}
	p.Title, p.Lines = in.Say("Remove access"), v.Row
	c.Answer, c.Button, c.Stops, c.Bad = "removed", in.Say("Remove"), v.Stops, true
	d.show(w, http.StatusOK, p)
}
