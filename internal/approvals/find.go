package approvals

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/state"
)

// Customer is a customer as a person may name it: from policy.yml or, when it
// is not there, from Graph.
type Customer struct {
	Tenant   access.TenantID
	Name     string
	Domains  []string
	Channel  access.ChannelID
	Team     access.TeamID
	Language lang.Tag // in which it is written to
	InPolicy bool     // requests are possible
}

// AmbiguousError means that a name fits several customers.
type AmbiguousError struct {
	Text      string
	Customers []Customer
}

func (e *AmbiguousError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal that a person is told where no choice can be shown.
func (e *AmbiguousError) Unwrap() error {
	names := make([]string, len(e.Customers))
	for i, c := range e.Customers {
		names[i] = c.Name
		if len(c.Domains) > 0 {
			names[i] += " (" + c.Domains[0] + ")"
		}
	}
	return access.Refuse(access.Invalid, "%q could be %s. Use the domain to say which.",
		e.Text, strings.Join(names, " or ")).In("customer")
}

const maxChoices = 5

// Find returns the customer that the text names: by tenant id, domain or name,
// or by the beginning of a name when only one fits. It refuses with a guess
// when nothing fits, and with an [*AmbiguousError] when several do.
func (s *Service) Find(ctx context.Context, o Origin, text string) (Customer, error) {
	var out Customer
	err := s.view(ctx, o, subject{act: "find"}, func(tx state.Tx) error {
		all, err := s.directory(tx)
		if err != nil {
			return err
		}
		out, err = pick(all, text)
		return err
	})
	return out, err
}

// Customers lists customers of policy.yml whose name or domain begins with what
// was typed, or holds it, in the order of their names.
func (s *Service) Customers(ctx context.Context, o Origin, typed string, limit int) ([]Customer, error) {
	var out []Customer
	err := s.view(ctx, o, subject{act: "find"}, func(state.Tx) error {
		key := fold(typed)
		for _, c := range s.listed() {
			if key == "" || slices.ContainsFunc(c.keys(), func(k string) bool { return strings.Contains(k, key) }) {
				out = append(out, c)
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Customer) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	return out[:min(limit, len(out))], err
}

// listed are the customers that policy.yml names.
func (s *Service) listed() []Customer {
	p := s.Policy()
	out := make([]Customer, len(p.Customers))
	for i, c := range p.Customers {
		out[i] = Customer{
			Tenant: c.Tenant, Name: c.Name, Domains: c.Domains,
			Channel: c.Channel, Team: c.Team, Language: c.Language, InPolicy: true,
		}
	}
	return out
}

// directory adds the customers that only Graph names.
func (s *Service) directory(tx state.Tx) ([]Customer, error) {
	out := s.listed()
	seen := make(map[access.TenantID]bool, len(out))
	for _, c := range out {
		seen[c.Tenant] = true
	}
	known, err := state.KnownCustomers(tx)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if seen[k.Tenant] {
			continue
		}
		out = append(out, asCustomer(k))
	}
	return out, nil
}

// customer returns one customer of the directory by its tenant.
func (s *Service) customer(tx state.Tx, tenant access.TenantID) (Customer, error) {
	all := s.listed()
	if i := slices.IndexFunc(all, func(c Customer) bool { return c.Tenant == tenant }); i >= 0 {
		return all[i], nil
	}
	k, err := state.CustomerKnown(tx, tenant)
	if errors.Is(err, state.ErrNotFound) {
		return Customer{}, access.Refuse(access.NotFound, "No customer with this tenant id is known.").In("customer")
	}
	return asCustomer(k), err
}

// asCustomer is a customer that only Graph names.
func asCustomer(k state.Known) Customer {
	c := Customer{Tenant: k.Tenant, Name: k.Name}
	if k.Domain != "" {
		c.Domains = []string{strings.ToLower(k.Domain)}
	}
	return c
}

// keys are the folded texts that name the customer.
func (c Customer) keys() []string {
	out := []string{fold(c.Name), fold(string(c.Tenant))}
	for _, d := range c.Domains {
		out = append(out, fold(d))
	}
	return out
}

func pick(all []Customer, text string) (Customer, error) {
	key := fold(text)
	if key == "" || len(text) > 200 {
		return Customer{}, access.Refuse(access.Invalid, "Name a customer, by its name, domain or tenant id.").In("customer")
	}
	for _, fits := range []func(k string) bool{
		func(k string) bool { return k == key },
		func(k string) bool { return strings.HasPrefix(k, key) },
		func(k string) bool { return len(key) > 2 && strings.Contains(k, key) },
	} {
		var found []Customer
		for _, c := range all {
			if slices.ContainsFunc(c.keys(), fits) {
				found = append(found, c)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return Customer{}, &AmbiguousError{Text: text, Customers: found[:min(maxChoices, len(found))]}
		}
	}
	return Customer{}, notFound(all, text, key)
}

// notFound guesses what was meant: the nearest names within a third of their
// length in typing errors.
func notFound(all []Customer, text, key string) error {
	type guess struct {
		name string
		far  int
	}
	var guesses []guess
	for _, c := range all {
		k := fold(c.Name)
		far := levenshtein.ComputeDistance(key, k)
		if first, _, ok := strings.Cut(c.Name, " "); ok {
			far = min(far, levenshtein.ComputeDistance(key, fold(first)))
		}
		if far <= 1+len(key)/4 {
			guesses = append(guesses, guess{c.Name, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return cmp.Compare(a.far, b.far) })
	if len(guesses) == 0 {
		return access.Refuse(access.NotFound,
			"No customer is called %q. Try its domain, or ask a bot admin whether it is in policy.yml.", text).In("customer")
	}
	var names []string
	for _, g := range guesses[:min(3, len(guesses))] {
		names = append(names, g.name)
	}
	return access.Refuse(access.NotFound, "No customer is called %q. Did you mean %s?",
		text, strings.Join(names, " or ")).In("customer")
}

// fold brings a name into the form in which two are compared: lower case,
// letters and digits only, so that "Contoso, Ltd." is "contosoltd".
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
