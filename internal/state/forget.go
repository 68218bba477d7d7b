package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"latchkey/internal/access"
)

// A Personal is a kind of record that may name people.
type Personal struct {
	Prefix string // of its keys
	What   string // what it is called, of several
	seen   func(key string, raw []byte, see func(access.Person)) error
	strip  func(key string, raw []byte, f access.Forgotten) (Stripped, error)
	put    func(tx Tx, key string, raw []byte) error // nil: there are no indexes by people
	drop   func(tx Tx, key string) error             // deletes it; nil: there are no indexes
}

// Stripped is a record without the data of a person.
type Stripped struct {
	Raw     []byte // as it is to be written; nil: the record is to be deleted
	Changed bool   // there was any
	Words   bool   // what somebody wrote is among it, whose digest the log has
}

// PersonalKinds lists them. What is not here, and is not named by [Impersonal], fails a
// test: somebody has to say what it holds.
func PersonalKinds() []Personal {
	return []Personal{
		personal("request/", "requests", requestWords, func(r access.Request) bool { return r.State != access.Pending }).indexed(puts(PutRequest)),
		personal("grant/", "grants", grantWords, access.Grant.Final).indexed(puts(PutGrant)),
		personal("breakglass/", "reviews of break-glass", breakGlassWords, func(v access.BreakGlassReview) bool { return !v.Open() }),
		personal("offer/", "offers of relationships", offerWords, func(o access.Offer) bool { return o.State == access.OfferEnded }),
		personal("review/", "access reviews", nil, func(r access.Review) bool { return r.State == access.ReviewClosed }),
		personal("alert/", "alerts", nil, func(a access.Alert) bool { return a.State == access.AlertResolved }),
		personal("contact/", "contacts whom they have linked", nil, always[access.Contact]),
		personal("staff/", "colleagues whom they have linked", nil, always[access.Staff]),
		personal("consent/", "answers to providers", nil, always[Consent]),
		personal("letin/asked/", "questions to customers", nil, always[LetInAsk]),
		doneBy(personal("activity/", "sums of what customers' logs tell", nil, always[access.Doings])),
		personal("act/", "acts under way", nil, always[Act]),
		personal("watch/recheck/", "members to be looked at again", nil, always[Recheck]),
		sessionsOf(theirs("session/", "sign-ins on the pages", func(s Session) access.Person { return s.Who.Person() })),
		theirs("enrolled/", "sign-ins of somebody not linked", func(e access.Enrolment) access.Person { return e.Person }),
		theirs("ticket/", "links to sign in", func(t Ticket) access.Person {
			p := t.By
			p.Entra.Object = t.Principal
			return p
		}),
		theirs("dap/asked/", "questions about legacy administration", func(a DAPAsk) access.Person { return a.By }),
		theirs("recent/", "lists of customers asked for last", func(r Recent) access.Person { return access.Person{User: r.User} }),
	}
}

// Impersonal are the prefixes of what holds no data of people but ids, or is read anew from
// Slack and Microsoft again and again and goes when it goes there.
func Impersonal() []string {
	return []string{
		"activitylog/", "activitytold", "audit/", "event/", "idx/", "meta/", "delivery/", "notification/", "card/", "container/", "fallback/", "mirror/", "moved/", "policy/", "reported/", "reviewplan/", "signin/",
		"staffgroup/", "storm/", "summary/", "taken/", "used/", "watch/", "forgetting/", "outbox/", "signer/",
	}
}

// Seen tells of everybody whom a record names.
func (k Personal) Seen(item Item, see func(access.Person)) error {
	return k.seen(item.Key, item.Value, see)
}

// Strip returns the record without the data of the person.
func (k Personal) Strip(item Item, f access.Forgotten) (Stripped, error) {
	return k.strip(item.Key, item.Value, f)
}

// PersonalKind returns the kind of the record at key, and false for one that holds no data
// of people.
func PersonalKind(key string) (Personal, bool) {
	for _, k := range PersonalKinds() {
		if strings.HasPrefix(key, k.Prefix) {
			return k, true
		}
	}
	return Personal{}, false
}

func always[T any](T) bool { return true }

// personal is a kind of record that stays, without the person. Words takes out what they
// wrote themselves.
func personal[T any](prefix, what string, words func(*T, access.Forgotten) bool, over func(T) bool) Personal {
	return Personal{
		Prefix: prefix, What: what, seen: seen[T],
		strip: func(key string, raw []byte, f access.Forgotten) (Stripped, error) {
			v, err := Decode[T](key, raw)
			if err != nil {
				return Stripped{}, err
			}
			w := stripper{f: f, over: over(v)}
			said := words != nil && words(&v, f)
			w.walk(reflect.ValueOf(&v).Elem(), "")
			if !said && !w.changed {
				return Stripped{}, nil
			}
			out, err := Encode(v)
			return Stripped{Raw: out, Changed: true, Words: said || w.words}, err
		},
	}
}

// doneBy has doings go whose record is found by what the person is called.
func doneBy(k Personal) Personal {
	strip := k.strip
	k.strip = func(key string, raw []byte, f access.Forgotten) (Stripped, error) {
		d, err := Decode[access.Doings](key, raw)
		if err == nil && d.Who.ID == "" && f.Is(access.Person{Mail: d.Who.UPN}) {
			return Stripped{Changed: true}, nil
		}
		return strip(key, raw, f)
	}
	k.drop = Drop
	return k
}

func (k Personal) indexed(put func(Tx, string, []byte) error) Personal {
	k.put = put
	return k
}

// puts writes a record with its indexes.
func puts[T any](put func(Tx, T) error) func(Tx, string, []byte) error {
	return func(tx Tx, key string, raw []byte) error {
		v, err := Decode[T](key, raw)
		if err != nil {
			return err
		}
		return put(tx, v)
	}
}

// theirs is a kind of record that goes with the person.
func theirs[T any](prefix, what string, whose func(T) access.Person) Personal {
	return Personal{
		Prefix: prefix, What: what, seen: seen[T],
		strip: func(key string, raw []byte, f access.Forgotten) (Stripped, error) {
			v, err := Decode[T](key, raw)
			return Stripped{Changed: err == nil && f.Is(whose(v))}, err
		},
	}
}

func seen[T any](key string, raw []byte, see func(access.Person)) error {
	v, err := Decode[T](key, raw)
	if err == nil {
		(&stripper{see: see}).walk(reflect.ValueOf(&v).Elem(), "")
	}
	return err
}

// stripper goes through a record by the types of its fields, so that a new field of a
// person is found without anybody's doing.
type stripper struct {
	f              access.Forgotten
	over           bool
	see            func(access.Person) // where it only looks
	changed, words bool
}

var (
	personType = reflect.TypeFor[access.Person]()
	memberType = reflect.TypeFor[access.Member]()
)

// prose are the fields with whole sentences, or lists of names.
var prose = map[string]bool{
	"Justification": true, "Note": true, "EndNote": true, "DeclineNote": true, "FailNote": true, "Members": true, "From": true, "To": true,
}

func (s *stripper) walk(v reflect.Value, field string) {
	switch {
	case v.Type() == personType:
		s.person(v)
		return
	case v.Type() == memberType:
		s.member(v)
		return
	case s.see != nil:
		s.bound(v.Interface())
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				s.walk(v.Field(i), f.Name)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.walk(v.Index(i), field)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			s.walk(v.Elem(), field)
		}
	case reflect.String:
		if prose[field] && s.see == nil {
			s.text(v)
		}
	default: // numbers, moments, and maps, of which no record has one
	}
}

// bound tells of persons whose account in Entra stands beside them.
func (s *stripper) bound(v any) {
	see := func(p access.Person, as access.PrincipalID, upn string) {
		if p.Entra.Object == "" {
			p.Entra.Object = as
		}
		if p.Mail == "" {
			p.Mail = upn
		}
		s.see(p)
	}
	switch v := v.(type) {
	case access.SignIn:
		see(v.Person(), "", "")
	case access.Staff:
		see(v.Person, v.Principal, v.UPN)
	case access.Request:
		see(v.Requester, v.Principal, "")
	case access.Grant:
		see(v.Requester, v.Principal, "")
	}
}

func (s *stripper) person(v reflect.Value) {
	p := v.Interface().(access.Person)
	switch {
	case p == access.Person{}:
	case s.see != nil:
		s.see(p)
	case s.f.Is(p):
		if next := s.f.Person(p, s.over); next != p {
			v.Set(reflect.ValueOf(next))
			s.changed = true
		}
	case !p.Known(): // a log told of them by name, or the bot did it
		p.Name, p.Mail = s.f.Text(p.Name), s.f.Text(p.Mail)
		if p != v.Interface().(access.Person) {
			v.Set(reflect.ValueOf(p))
			s.changed = true
		}
	}
}

func (s *stripper) member(v reflect.Value) {
	m := v.Interface().(access.Member)
	p := access.Person{Name: m.Name, Mail: m.UPN, Entra: access.Account{Object: m.ID}}
	switch {
	case m.ID == "":
	case s.see != nil:
		s.see(p)
	case s.f.Is(p) && s.f.Member(m) != m:
		v.Set(reflect.ValueOf(s.f.Member(m)))
		s.changed = true
	}
}

func (s *stripper) text(v reflect.Value) {
	if next := s.f.Text(v.String()); next != v.String() {
		v.SetString(next)
		s.changed, s.words = true, true
	}
}

// gone empties what somebody wrote, and reports whether there was anything.
func gone(text *string) bool {
	was := *text != ""
	*text = ""
	return was
}

func requestWords(r *access.Request, f access.Forgotten) bool {
	said := f.Is(r.Requester) && gone(&r.Justification)
	said = f.Is(r.Stopped.By) && gone(&r.Stopped.Note) || said
	for i, d := range r.Decisions {
		if f.Is(d.By) {
			said = gone(&r.Decisions[i].Note) || said
		}
	}
	return said
}

func grantWords(g *access.Grant, f access.Forgotten) bool { return f.Is(g.EndedBy) && gone(&g.EndNote) }

func breakGlassWords(v *access.BreakGlassReview, f access.Forgotten) bool {
	said := f.Is(v.SignedBy) && gone(&v.Note)
	for i, o := range v.Objections {
		if f.Is(o.By) {
			said = gone(&v.Objections[i].Note) || said
		}
	}
	return said
}

func offerWords(o *access.Offer, f access.Forgotten) bool {
	return f.Is(o.DeclinedBy) && gone(&o.DeclineNote)
}

// Forgetting is a person who is being forgotten. It is deleted with the last of their data.
type Forgetting struct {
	Person access.Forgotten
	Salt   string // of the digest by which the log names them
	Done   int    // records so far
}

func forgettingKey(as access.UserID) string { return Path("forgetting", string(as)) }

// PutForgetting writes it.
func PutForgetting(tx Tx, f Forgetting) error {
	if !safe(string(f.Person.As)) {
		return errors.New("somebody without a name to stand in their place")
	}
	_, err := Save(tx, forgettingKey(f.Person.As), f)
	return err
}

// ForgettingOf returns it, or [ErrNotFound] once the last of their data is gone.
func ForgettingOf(tx Tx, as access.UserID) (Forgetting, error) {
	return Load[Forgetting](tx, forgettingKey(as))
}

// DeleteForgetting removes it.
func DeleteForgetting(tx Tx, as access.UserID) error { return tx.Delete(forgettingKey(as)) }

// AllForgetting lists who is being forgotten.
func AllForgetting(tx Tx) ([]Forgetting, error) { return All[Forgetting](tx, "forgetting/") }

// Strip takes the person out of the record at key. A record that is not there any more is
// none.
func Strip(tx Tx, key string, f access.Forgotten) (Stripped, error) {
	k, ok := PersonalKind(key)
	if !ok {
		return Stripped{}, fmt.Errorf("%s holds no data of people", key)
	}
	raw, err := tx.Get(key)
	if errors.Is(err, ErrNotFound) {
		return Stripped{}, nil
	}
	if err != nil {
		return Stripped{}, err
	}
	s, err := k.Strip(Item{Key: key, Value: raw}, f)
	switch {
	case err != nil || !s.Changed:
		return s, err
	case s.Raw == nil && k.drop != nil:
		return s, k.drop(tx, key)
	case s.Raw == nil:
		return s, tx.Delete(key)
	case k.put != nil:
		return s, k.put(tx, key, s.Raw)
	}
	return s, tx.Put(key, s.Raw)
}
