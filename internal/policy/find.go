package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// maxAsked is the longest text that is searched for: several long role names.
const maxAsked = 1000

const maxSuggestions = 5

var (
	separators = regexp.MustCompile(`[,+]`)
	conjuncts  = regexp.MustCompile(`(?i)\s+(?:and|&)\s+`)
)

// FindRoles returns the roles that a person means: the name of a bundle, of a
// role, or several of both joined by commas, "and" or plus signs. The result is
// sorted and holds each role once.
//
// What is not known for certain is refused with an [*access.Error] of code
// Invalid for the field "roles", which says what may have been meant. Whether
// the roles may be asked for is left to [Policy.Decide].
func (p *Policy) FindRoles(text string) ([]access.RoleID, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, refuseRoles("Name at least one role or bundle.")
	}
	if len(text) > maxAsked {
		return nil, refuseRoles("That is too long to be the names of roles. Name roles or bundles, separated by commas.")
	}
	var out []access.RoleID
	for _, part := range p.parts(text) {
		ids, err := p.findOne(part)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	if len(out) == 0 {
		return nil, refuseRoles("Name at least one role or bundle.")
	}
	return access.SortRoles(out), nil
}

// parts splits the text where a person separates names, but does not split a
// name that holds an "and" itself.
func (p *Policy) parts(text string) []string {
	var out []string
	for part := range strings.SplitSeq(separators.ReplaceAllString(text, ","), ",") {
		// "a, b, and c" leaves the word at the beginning of the last part.
		part = strings.TrimSpace(part)
		if len(part) > 4 && strings.EqualFold(part[:4], "and ") {
			part = part[4:]
		}
		if _, err := p.findOne(part); err == nil {
			out = append(out, part)
			continue
		}
		out = append(out, conjuncts.Split(part, -1)...)
	}
	kept := out[:0]
	for _, part := range out {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

func (p *Policy) findOne(text string) ([]access.RoleID, error) {
	key := fold(text)
	var near []string
	for _, b := range p.Bundles {
		name := fold(b.Name)
		if key != "" && name == key {
			return b.Roles, nil
		}
		if closeTo(key, name) {
			near = append(near, b.Name)
		}
	}
	found, match := roles.Find(text)
	// A beginning that a bundle shares with a role means neither for certain.
	if match == roles.Exact || match == roles.Prefix && len(near) == 0 {
		return []access.RoleID{found[0].ID}, nil
	}
	for _, f := range found {
		if p.allows(f.ID) == nil { // to suggest what is then refused helps nobody
			near = append(near, f.Name)
		}
	}
	if len(near) == 0 {
		return nil, refuseRoles("There is no role or bundle %q. %s", shown(text), p.allowed())
	}
	return nil, refuseRoles("There is no role or bundle %q%s", shown(text), didYouMean(near[:min(len(near), maxSuggestions)]))
}

// FindCustomer returns the customer that a person means by a name, a domain or
// a tenant id. With Exact and Prefix there is exactly one customer; with Near
// there are up to five to choose from, and none of them may be taken unasked.
func (p *Policy) FindCustomer(text string) ([]Customer, roles.Match) {
	text = strings.ToLower(strings.TrimSpace(text))
	key := fold(text)
	if key == "" || len(text) > maxAsked {
		return nil, roles.None
	}
	var exact, begins, near []Customer
	for _, c := range p.Customers {
		name := fold(c.Name)
		switch {
		case text == string(c.Tenant) || key == name || slices.Contains(c.Domains, text):
			exact = append(exact, c)
		case len(key) >= 3 && strings.HasPrefix(name, key):
			begins = append(begins, c)
		case closeTo(key, name) || closeDomain(c.Domains, text):
			near = append(near, c)
		}
	}
	switch {
	case len(exact) == 1:
		return exact, roles.Exact
	case len(exact) == 0 && len(begins) == 1 && len(near) == 0:
		return begins, roles.Prefix
	}
	// One customer's name may read as the domain of another.
	found := slices.Concat(exact, begins, near)
	if len(found) == 0 {
		return nil, roles.None
	}
	return found[:min(len(found), maxSuggestions)], roles.Near
}

func closeDomain(domains []string, text string) bool {
	for _, d := range domains {
		if len(text) >= 4 && levenshtein.ComputeDistance(text, d) <= 2 {
			return true
		}
	}
	return false
}

// closeTo reports whether a typed key begins a name or is a few slips from it.
func closeTo(key, name string) bool {
	if len(key) < 3 || len(key) > 2*len(name)+3 {
		return false
	}
	slips := max(2, len(name)/4) // two letters swapped are two slips
	if len(name) < 5 {
		slips = 1
	}
	return strings.HasPrefix(name, key) || levenshtein.ComputeDistance(key, name) <= slips
}

// fold reduces a name to its letters and digits in lower case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// shown is what a message repeats of a person's words: one short line.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return ' '
		}
		return r
	}, text)
	if cut := []rune(text); len(cut) > 60 {
		return string(cut[:60]) + "…"
	}
	return text
}

func refuseRoles(format string, args ...any) error {
	return &access.Error{Code: access.Invalid, Field: "roles", Message: fmt.Sprintf(format, args...)}
}
