package commands

import (
	"context"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
	"latchkey/internal/signin"
)

func init() {
	register(Command{
		Name:  "why",
		Usage: "why [@person] <customer> [error of a sign-in]",
		Short: "Say how somebody gets into a customer's tenant, or why not.",
		Long: []string{
			"Shown are the access that was asked for, groups with standing roles, and Partner Center's groups. Without a person it is about you; a person can be written as their sign-in name, too.",
			"Paste the error that Microsoft showed, such as `AADSTS53003: Access has been blocked …`, and read what it means, who must act, and what to ask them.",
		},
		Who:      "linked staff and bot admins; everybody in our workspace may paste an error",
		Examples: []string{"why @ana contoso", "why contoso", "why AADSTS53003"},
		Run:      runWhy,
	})
}

func runWhy(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	text := unmark(clean(inv.Text))
	known, unknown := signin.Find(text)
	if len(known)+len(unknown) == 0 {
		return whyReach(ctx, env, inv, scan(inv.Text).words())
	}
	failed := messages.SignInView{Unknown: unknown}
	for _, e := range known {
		failed.Errors = append(failed.Errors, messages.SignInError{
			Code: e.Code, What: e.What, Customer: e.Whose == signin.Customer, Next: e.Next, Ask: e.Ask,
		})
	}
	// What stands before the code may say whose sign-in it was; often it is the
	// rest of what was pasted.
	if who, words, ok := whoseSignIn(inv.Text); ok {
		reach, err := reachOf(ctx, env, inv, who, words)
		if err == nil {
			return say(messages.WhyFailed(failed, reach)), nil
		}
	}
	return say(messages.SignIn(failed)), nil
}

// whoseSignIn takes the words before the first code apart.
func whoseSignIn(text string) (approvals.Who, []Word, bool) {
	words := scan(text).words()
	if i := slices.IndexFunc(words, func(w Word) bool { return strings.Contains(strings.ToUpper(w.Text), "AADSTS") }); i >= 0 {
		words = words[:i]
	}
	who, rest, err := takeWho(words)
	return who, rest, err == nil && len(rest) > 0
}

func whyReach(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	who, rest, err := takeWho(words)
	if err != nil {
		return Reply{}, err
	}
	reach, err := reachOf(ctx, env, inv, who, rest)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Why(reach)), nil
}

// takeWho finds the person among the words: a mention, or a name to sign in with.
// It is nobody when there is none.
func takeWho(words []Word) (approvals.Who, []Word, error) {
	var who approvals.Who
	var rest []Word
	for _, w := range words {
		name, domain, at := strings.Cut(w.Text, "@")
		switch {
		case w.User != "" && who == (approvals.Who{}):
			who.User = w.User
		case w.User == "" && at && name != "" && strings.Contains(domain, ".") && who == (approvals.Who{}):
			who.UPN = w.Text
		case w.User != "":
			return who, nil, access.Refuse(access.Invalid, "Mention one person at a time.")
		default:
			rest = append(rest, w)
		}
	}
	return who, rest, nil
}

func reachOf(ctx context.Context, env Env, inv Invocation, who approvals.Who, words []Word) (messages.ReachView, error) {
	c, err := env.find(ctx, inv.Origin, words)
	if err != nil {
		return messages.ReachView{}, err
	}
	if who == (approvals.Who{}) {
		who.User = inv.Origin.Actor.User
	}
	r, err := env.Approvals.Why(ctx, inv.Origin, who, c.Tenant)
	if err != nil {
		return messages.ReachView{}, err
	}
	v := env.reachView(r, inv.Origin.Actor.User)
	v.DAP = env.dapView(inv.Origin, r.DAP)
	return v, nil
}

// reachView finds the names that a message needs.
func (e Env) reachView(r approvals.Reach, reader access.UserID) messages.ReachView {
	v := messages.ReachView{
		Person: r.Person, Customer: r.Customer.Name, Unlinked: r.Principal == "", Open: e.views(r.Open),
		AgentsKnown: r.AgentsKnown > 0, Unseen: r.Unseen, InPolicy: r.Customer.InPolicy,
		Own: r.Person.User != "" && r.Person.User == reader, ReadAt: r.ReadAt, Problem: r.Problem,
	}
	if r.Last != nil {
		last := cards.View(e.Policy(), *r.Last)
		v.Last = &last
	}
	for _, w := range r.Ways {
		if w.Granted {
			continue // it is shown as the request
		}
		v.Ways = append(v.Ways, messages.WayView{
			Group: w.Group.Name, Ours: w.Ours, Relationship: w.Relationship.Name, Status: w.Relationship.Status,
			AssignmentStatus: w.Assignment.Status, Until: w.Relationship.End, Roles: cards.Roles(w.Assignment.Roles), Open: w.Open(),
		})
	}
	for _, g := range r.Agents {
		v.Agents = append(v.Agents, g.Agents)
	}
	for _, rel := range r.Relationships {
		v.Relationships = append(v.Relationships, cards.RelationshipView(rel))
	}
	return v
}
