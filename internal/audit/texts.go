package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Texts is what can be said of the texts of which the log has digests.
type Texts struct {
	Original int // are there, and are what the log was told
	Deleted  int // on request
	Gone     int // were replaced by later ones, or went with their record
	// Altered are requests whose justification is not the last one that the log was told of.
	Altered []access.RequestID
	Unread  int // of records that cannot be read, or are sealed with a key that is not here
	// LastDeleted is when something was deleted on request last; zero: never.
	LastDeleted time.Time
}

// String says it in a sentence.
func (t Texts) String() string {
	s := fmt.Sprintf("Of the texts of which it has digests %d are there and are the original, %d were deleted on request, and %d are not kept any more.",
		t.Original, t.Deleted, t.Gone)
	if !t.LastDeleted.IsZero() {
		s += " Something was deleted on request last on " + access.FormatTime(t.LastDeleted) + "."
	}
	if t.Unread > 0 {
		s += fmt.Sprintf(" %d cannot be read, or are sealed and STATE_KEY is not set.", t.Unread)
	}
	return s
}

// VerifyTexts compares the texts that people wrote with their digests in the log. A text
// that was deleted breaks nothing; its digest says nothing any more, for the salt is gone.
func VerifyTexts(tx state.Tx) (Texts, error) {
	var t Texts
	last := map[access.RequestID]string{} // the digest of the justification that counts
	for e, err := range All(tx) {
		if err != nil {
			return t, err
		}
		if e.Kind == access.EventForgotten {
			t.LastDeleted = e.At
		}
		for _, name := range []string{"justification", "note"} {
			digest := e.Detail[name]
			if !strings.HasPrefix(digest, digestMark) {
				continue
			}
			if name == "justification" {
				last[e.Request] = digest
			}
			if err := t.look(tx, e, digest); err != nil {
				return t, err
			}
		}
	}
	for id, digest := range last {
		r, err := state.Request(tx, id)
		if err == nil && r.ForgottenAt.IsZero() && Digest(r.Salt, r.Justification) != digest {
			t.Altered = append(t.Altered, id)
		}
	}
	slices.Sort(t.Altered)
	return t, nil
}

// look counts one text.
func (t *Texts) look(tx state.Tx, e access.Event, digest string) error {
	salt, texts, forgotten, err := wordsOf(tx, e)
	_, damaged := state.Unreadable(err)
	switch {
	case damaged:
		t.Unread++
		return nil
	case errors.Is(err, state.ErrNotFound):
		t.Gone++
		return nil
	case err != nil:
		return err
	case digest == Digest(salt, ""): // nobody wrote anything
		return nil
	case slices.ContainsFunc(texts, func(text string) bool { return Digest(salt, text) == digest }):
		t.Original++
	case forgotten:
		t.Deleted++
	default:
		t.Gone++
	}
	return nil
}

// wordsOf returns what people wrote in what the event is about.
func wordsOf(tx state.Tx, e access.Event) (salt string, texts []string, forgotten bool, err error) {
	if e.Request == "" {
		o, err := state.Offer(tx, access.OfferID(e.Detail["offer"]))
		return o.Salt, []string{o.DeclineNote}, !o.ForgottenAt.IsZero(), err
	}
	r, err := state.Request(tx, e.Request)
	if err != nil {
		return "", nil, false, err
	}
	texts = []string{r.Justification, r.Stopped.Note}
	for _, d := range r.Decisions {
		texts = append(texts, d.Note)
	}
	g, err := state.Grant(tx, e.Request)
	if err == nil {
		texts = append(texts, g.EndNote)
	} else if !errors.Is(err, state.ErrNotFound) {
		return "", nil, false, err
	}
	v, err := state.BreakGlassReview(tx, e.Request)
	if err == nil {
		texts = append(texts, v.Note)
		for _, o := range v.Objections {
			texts = append(texts, o.Note)
		}
	} else if !errors.Is(err, state.ErrNotFound) {
		return "", nil, false, err
	}
	return r.Salt, texts, !r.ForgottenAt.IsZero(), nil
}
