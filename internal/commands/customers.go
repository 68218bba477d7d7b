package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

// choiceError asks which customer was meant, where buttons can be shown.
type choiceError struct{ *approvals.AmbiguousError }

func (e *choiceError) Unwrap() error { return e.AmbiguousError }

func (e *choiceError) message() messages.Message {
	return messages.Choice(messages.ChoiceView{Text: e.Text, Customers: choices(e.AmbiguousError.Customers)})
}

func choices(customers []approvals.Customer) []messages.CustomerOption {
	out := make([]messages.CustomerOption, len(customers))
	for i, c := range customers {
		out[i] = messages.CustomerOption{Tenant: c.Tenant, Name: c.Name, Domain: firstDomain(c)}
	}
	return out
}

func firstDomain(c approvals.Customer) string {
	if len(c.Domains) == 0 {
		return ""
	}
	return c.Domains[0]
}

// ambiguous says what to type instead, where no buttons can be shown.
func ambiguous(e *approvals.AmbiguousError) string {
	names := make([]string, 0, len(e.Customers))
	for _, c := range e.Customers {
		exact := firstDomain(c)
		if exact == "" {
			exact = string(c.Tenant)
		}
		names = append(names, "`"+exact+"` for "+c.Name)
	}
	return "More than one customer could be “" + short(e.Text) + "”. Type " + strings.Join(names, " or ") + "."
}

// find returns the customer that the words name. Without any it is the one
// whose channel this is.
func (e Env) find(ctx context.Context, o approvals.Origin, words []Word) (approvals.Customer, error) {
	if len(words) > 0 {
		return e.Approvals.Find(ctx, o, join(words))
	}
	for _, c := range e.Policy().Customers {
		if o.Channel != "" && c.Channel == o.Channel {
			return e.Approvals.Find(ctx, o, string(c.Tenant))
		}
	}
	return approvals.Customer{}, access.Refuse(access.Invalid, "Name a customer, by its name, domain or tenant id.").In("customer")
}

// mostCustomerWords bounds the search for where a customer's name ends.
const mostCustomerWords = 8

// customerAndRoles finds where the name of the customer ends and the roles
// begin. What both sides of the cut know decides; where several cuts do, the
// longest name of a customer wins.
func (e Env) customerAndRoles(ctx context.Context, o approvals.Origin, words []Word) (approvals.Customer, []access.RoleID, error) {
	p := e.Policy()
	bestCustomer, bestRoles := 0, 0 // where to cut, 0: unknown
	for n := min(longestCustomer(words), mostCustomerWords); n > 0; n-- {
		_, match := p.FindCustomer(join(words[:n]))
		known := match == roles.Exact || match == roles.Prefix
		if known && bestCustomer == 0 {
			bestCustomer = n
		}
		if _, err := p.FindRoles(roleText(words[n:])); err == nil {
			bestRoles = n
			if known {
				bestCustomer = n
				break
			}
		}
	}
	cut := 1
	switch {
	case bestCustomer > 0:
		cut = bestCustomer
	case bestRoles > 0:
		cut = bestRoles
	}
	c, err := e.Approvals.Find(ctx, o, join(words[:cut]))
	if err != nil {
		return c, nil, err
	}
	ids, err := p.FindRoles(roleText(words[cut:]))
	return c, ids, err
}

// longestCustomer is how many words the name of the customer can have: one if
// it is in quotes, else all before the next quote.
func longestCustomer(words []Word) int {
	if words[0].Quoted {
		return 1
	}
	if i := slices.IndexFunc(words, func(w Word) bool { return w.Quoted }); i > 0 {
		return i
	}
	return max(len(words)-1, 1)
}

// roleText writes words as a list of roles: quotes separate as commas do.
func roleText(words []Word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			gap := " "
			if (w.Quoted || words[i-1].Quoted) && !separates(w) && !separates(words[i-1]) {
				gap = ", "
			}
			b.WriteString(gap)
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

func separates(w Word) bool {
	return !w.Quoted && (w.is("and") || strings.HasSuffix(w.Text, ",") || strings.HasPrefix(w.Text, ",") || strings.ContainsAny(w.Text, "+&"))
}

// choose turns a doubt about a customer into buttons.
func choose(err error) error {
	if many, ok := errors.AsType[*approvals.AmbiguousError](err); ok {
		return &choiceError{many}
	}
	return err
}
