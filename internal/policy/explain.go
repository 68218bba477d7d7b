package policy

import (
	"errors"
	"fmt"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// Explain says which rule decides the ask, why none before it does, and what it
// demands or why it refuses, in lines for a person who runs the bot.
func (p *Policy) Explain(ask Ask) string {
	var b strings.Builder
	j := p.Judge(ask)
	customer := string(ask.Customer)
	if c, ok := p.Customer(ask.Customer); ok {
		customer = c.Name
	}
	fmt.Fprintf(&b, "%s asks for %s at %s, for %s, on %s.\n", ask.Requester.User, list(named(ask.Roles)), customer,
		access.FormatDuration(ask.Duration), p.told(ask))
	b.WriteString(p.assumed(ask.In))
	for _, part := range j.Parts {
		if len(j.Parts) > 1 {
			fmt.Fprintf(&b, "%s:\n", list(named(part.Roles)))
		}
		for i, s := range part.Steps {
			does := "fits" + p.timed(s.Rule, ask) + ", and decides."
			switch {
			case s.Misfit != "":
				does = "does not fit: " + s.Misfit + "."
			case s.Doubt != nil:
				does = "may fit" + p.timed(s.Rule, ask) + ": it is not known who is in " + list(s.Doubt) + "."
			}
			fmt.Fprintf(&b, "%d. “%s” (line %d) %s\n", i+1, s.Rule.Name, s.Rule.Line, does)
		}
	}
	if refusal, ok := errors.AsType[*access.Error](j.Err); ok {
		fmt.Fprintf(&b, "Refused: %s\n", refusal.Message)
		return b.String()
	}
	fmt.Fprintf(&b, "Allowed by “%s”: for at most %s. %s", j.Rule.Name, access.FormatDuration(j.Rule.MaxDuration), agreement(j.Rule))
	if j.Rule.SignedIn {
		b.WriteString(" They approve on the page, after signing in to the customer's tenant: ")
		if held := roles.PrivilegedOf(ask.Roles); len(held) > 0 {
			own := "its own rights"
			if len(held) > 1 {
				own = "their own rights"
			}
			fmt.Fprintf(&b, "%s can raise %s.", list(named(held)), own)
		} else {
			b.WriteString("the rule says so.")
		}
	}
	if j.Rule.Justification > 0 {
		fmt.Fprintf(&b, " The reason must have %d characters.", j.Rule.Justification)
	}
	if j.Rule.Ticket != "" {
		fmt.Fprintf(&b, " It must name a ticket of the form %s.", strings.ReplaceAll(j.Rule.Ticket, "\n", ", and one of the form "))
	}
	if c, ok := p.Customer(ask.Customer); ok && c.Driver == access.PIM {
		b.WriteString(" It is given as a schedule of PIM for Groups, so that Entra itself ends it.")
	}
	return b.String() + explainReminders(j.Rule) + explainAhead(j.Rule) + p.glass(j, ask) + "\n"
}

// timed says at which time a rule fits that does not always hold.
func (p *Policy) timed(rule Rule, ask Ask) string {
	if !rule.timed() {
		return ""
	}
	return " (" + clockIn(ask.begins(), p.zoneOf(rule, ask.Customer)) + ")"
}

func named(ids []access.RoleID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return out
}

// agreement says who must agree, in sentences.
func agreement(r access.Rule) string {
	if r.Auto {
		return "Nobody is asked; the customer is told at once."
	}
	within := access.FormatDuration(r.DecideWithin)
	var who []string
	if r.Peers > 0 {
		of := ""
		if r.PeersOf != "" {
			of = " of " + strings.ReplaceAll(r.PeersOf, "\n", " and of ")
		}
		who = append(who, fmt.Sprintf("%s%s must agree, within %s.", numbered(r.Peers, "colleague"), of, within))
	}
	if r.Approvals > 0 {
		then := ""
		if r.Peers > 0 {
			then = "Then "
		}
		who = append(who, fmt.Sprintf("%s%s must agree, within %s.", then, contacts(r.Approvals, then == ""), within))
	} else {
		who = append(who, "The customer is told, and not asked.")
	}
	return strings.Join(who, " ")
}

func numbered(n int, one string) string {
	if n == 1 {
		return "One " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func contacts(n int, first bool) string {
	switch {
	case n > 1:
		return fmt.Sprintf("%d of the customer's contacts", n)
	case first:
		return "One of the customer's contacts"
	}
	return "one of the customer's contacts"
}

// TenantOf finds the one customer that a text means: by name, domain or tenant id. The
// error names those that may be meant.
func (p *Policy) TenantOf(text string) (access.TenantID, error) {
	found, match := p.FindCustomer(text)
	begins := len(found) == 1 && strings.HasPrefix(fold(found[0].Name), fold(text)) // as in /access
	if match == roles.Exact || begins {
		return found[0].Tenant, nil
	}
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.Name
	}
	return "", fmt.Errorf("%s is no customer of the file%s", text, didYouMean(names))
}
