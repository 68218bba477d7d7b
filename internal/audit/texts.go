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
	// Differ are requests whose records say otherwise than the log.
	Differ []access.RequestID
	Unread int // of records that cannot be read, or are sealed with a key that is not here
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
// The requests themselves are compared with the log, too.
func VerifyTexts(tx state.Tx) (Texts, error) {
	var t Texts
	last := map[access.RequestID]string{} // the digest of the justification that counts
	var forgotten access.Forgettings
	for e, err := range All(tx) {
		if err != nil {
			return t, err
		}
		forgotten.Hear(e)
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
		if err != nil {
			continue
		}
		if Digest(r.Salt, r.Justification) != digest && !forgotten.Was(string(id), r.ForgottenAt) {
			t.Altered = append(t.Altered, id)
		}
		differs, err := differs(tx, r, forgotten)
		if err != nil {
			return t, err
		}
		if differs {
			t.Differ = append(t.Differ, id)
		}
	}
	slices.Sort(t.Altered)
	slices.Sort(t.Differ)
	return t, nil
}

// differs compares the record of a request with what the log says of it.
func differs(tx state.Tx, r access.Request, f access.Forgettings) (bool, error) {
	all, err := Of(tx, r.ID)
	if err != nil {
		return false, err
	}
	var told access.Told
	for _, e := range all {
		told = told.Hear(e)
	}
	v, err := state.BreakGlassReview(tx, r.ID)
	if err != nil {
		if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
			return len(told.Differs(r, nil, f)) > 0, nil
		}
		return false, err
	}
	return len(told.Differs(r, &v, f)) > 0, nil
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
