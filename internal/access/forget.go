package access

import (
	"slices"
	"strings"
	"unicode"
)

// Forgotten is somebody whose data is deleted on request: all by which records know them,
// and what stands in their place from then on.
type Forgotten struct {
	Users   []UserID      // in Slack
	Objects []PrincipalID // in Entra
	Mails   []string      // addresses, and names to sign in; in lower case
	Names   []string
	As      UserID // a name that says nothing, such as P-7K3M2
}

// Is reports whether the person is certainly the one: by an id, or by an address where
// there is no id. One who has ids, and others, is somebody else, whatever their address.
func (f Forgotten) Is(p Person) bool {
	switch {
	case p.User != "" && (p.User == f.As || slices.Contains(f.Users, p.User)):
		return true
	case p.Entra.Object != "" && slices.Contains(f.Objects, p.Entra.Object):
		return true
	}
	return !p.Known() && p.Mail != "" && slices.Contains(f.Mails, strings.ToLower(p.Mail))
}

// Learn adds what the person is known by, and reports whether any of it is new. The caller
// knows that it is the one.
func (f *Forgotten) Learn(p Person) (news bool) {
	if !standIn(string(p.User)) {
		news = add(&f.Users, p.User)
	}
	news = add(&f.Objects, p.Entra.Object) || news
	news = add(&f.Mails, strings.ToLower(p.Mail)) || news
	if strings.Contains(p.Name, "@") {
		return add(&f.Mails, strings.ToLower(p.Name)) || news
	}
	if standIn(p.Name) {
		return news
	}
	return add(&f.Names, p.Name) || news
}

// standIn reports whether the name stands in the place of somebody who was forgotten before.
func standIn(name string) bool {
	rest, ok := strings.CutPrefix(name, "P-")
	return ok && len(rest) == 5 && strings.Trim(rest, crockford) == ""
}

func add[T ~string](to *[]T, one T) bool {
	if one == "" || slices.Contains(*to, one) {
		return false
	}
	*to = append(*to, one)
	return true
}

// Person is the person as they stand in a record from now on. Where the record is over
// nothing needs the user in Slack any more; the account in Entra stays, as it stands in the
// customer's own logs.
func (f Forgotten) Person(p Person, over bool) Person {
	p.Mail = ""
	if !standIn(p.Name) {
		p.Name = string(f.As)
	}
	if over && p.User != "" && !standIn(string(p.User)) {
		p.User = UserID(p.Name)
	}
	return p
}

// Member is a member of a group without what they are called.
func (f Forgotten) Member(m Member) Member {
	p := f.Person(Person{Name: m.Name}, true)
	return Member{ID: m.ID, Name: p.Name}
}

// Text is what somebody wrote, without the address and the full name of the person.
func (f Forgotten) Text(s string) string {
	for _, mail := range f.Mails {
		s = replaced(s, mail, string(f.As))
	}
	for _, name := range f.Names {
		if strings.Contains(name, " ") || s == name { // one word alone may mean anybody
			s = replaced(s, name, string(f.As))
		}
	}
	return s
}

// replaced replaces what stands as a whole word, in whatever case.
func replaced(s, old, by string) string {
	low, want := strings.ToLower(s), strings.ToLower(old)
	if want == "" || len(low) != len(s) || !strings.Contains(low, want) { // a letter that changes its length leaves the text alone
		return s
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(low[at:], want)
		if i < 0 {
			b.WriteString(s[at:])
			return b.String()
		}
		from, to := at+i, at+i+len(want)
		b.WriteString(s[at:from])
		if whole(s, from, to) {
			b.WriteString(by)
		} else {
			b.WriteString(s[from:to])
		}
		at = to
	}
}

// whole reports whether no letter or digit stands beside the part.
func whole(s string, from, to int) bool {
	before := []rune(s[:from])
	after := []rune(s[to:])
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return (len(before) == 0 || !part(before[len(before)-1])) && (len(after) == 0 || !part(after[0]))
}
