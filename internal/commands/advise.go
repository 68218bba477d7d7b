package commands

import (
	"context"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

func init() {
	register(Command{
		Name:  "advise",
		Usage: "advise <task>",
		Short: "Say which role is the least for a task.",
		Long: []string{
			"Say the task as you would to a colleague; German and French, short forms and slips are understood. The name of a role is explained.",
			"The answer says whether delegated admins (GDAP) get there at all, and its button opens a request that is filled in.",
		},
		Who:      "everybody in our workspace",
		Examples: []string{"advise reset a user's password", "advise Lizenz zuweisen", "advise TAP for a new starter"},
		Run:      runAdvise,
	})
	registerAction(Action{ID: messages.ActionFilled, Run: clickFilled})
}

const (
	mostAdvice = 3
	sureFit    = 0.5 // up to it an advice is a guess
	nearBest   = 0.6 // of the best one's score; what is below is no answer beside it
)

func runAdvise(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	query := strings.Join(strings.Fields(clean(unmark(inv.Text))), " ")
	if query == "" {
		return Reply{}, access.Refuse(access.Invalid, "Say what is to be done, as in `/access advise reset a user's password`.")
	}
	may := env.may(ctx, inv.Origin.Actor)
	if found, match := roles.Find(query); match == roles.Exact {
		return say(messages.Explain(explained(may, found[0]))), nil
	}
	v := messages.AdviceView{Query: query}
	found := roles.Advise(query, mostAdvice)
	for i, a := range found {
		if a.Score < nearBest*found[0].Score {
			break
		}
		if i == 0 {
			v.Sure = a.Fit > sureFit
		}
		v.Advice = append(v.Advice, advised(may, a))
	}
	return say(messages.Advise(v)), nil
}

// advised finds what a message needs to show an advice.
func advised(may mayAsk, a roles.Advice) messages.Advice {
	out := messages.Advice{Roles: infos(a.Roles)}
	for _, t := range a.Tasks {
		out.Tasks = append(out.Tasks, t.What)
	}
	if len(a.Tasks) == 0 {
		_, w := roles.About(a.Roles[0])
		out.Workload, out.Ask = workload(w), askFor(may, a.Roles, nil, w)
		return out
	}
	best := a.Tasks[0]
	out.Workload, out.Ask = workload(best.Workload), askFor(may, a.Roles, best.Others, best.Workload)
	for _, h := range best.Holders[:best.LeastHolders] {
		out.Least = append(out.Least, messages.Holder{Name: h.Name, Why: h.Why})
	}
	return out
}

// mayAsk reports whether somebody may ask for a role somewhere, at some time.
type mayAsk func(access.RoleID) bool

// may is what the person may ask for, who is in the staff groups of now.
func (e Env) may(ctx context.Context, who access.Person) mayAsk {
	p, in := e.Policy(), e.Approvals.Membership(ctx, who)
	return func(id access.RoleID) bool { return p.MayAsk(who, in, id) }
}

// askFor finds what the person may ask for: the roles themselves or, when policy
// does not let them, the first of the larger ones that it does. Where delegated
// admins do not get, there is nothing to ask for.
func askFor(may mayAsk, ids, larger []access.RoleID, w roles.Workload) messages.Ask {
	if len(ids) == 0 || w.Reach == roles.Closed {
		return messages.Ask{}
	}
	if !slices.ContainsFunc(ids, func(id access.RoleID) bool { return !may(id) }) {
		return messages.Ask{IDs: ids}
	}
	if i := slices.IndexFunc(larger, may); i >= 0 && len(ids) == 1 && larger[i] != ids[0] {
		return messages.Ask{IDs: larger[i : i+1], Larger: cards.Roles(larger[i : i+1])}
	}
	return messages.Ask{Closed: true}
}

func infos(ids []access.RoleID) []messages.RoleInfo {
	out := make([]messages.RoleInfo, len(ids))
	for i, r := range cards.Roles(ids) {
		what, _ := roles.About(ids[i])
		out[i] = messages.RoleInfo{Role: r, What: what}
	}
	return out
}

func workload(w roles.Workload) messages.Workload {
	return messages.Workload{Name: w.Name, Reach: messages.Reach(w.Reach), Limits: w.Limits}
}

// clickFilled opens the form with the roles that the button carries, and
// with the customer whose channel this is. What may be asked for is checked when
// the form is submitted.
func clickFilled(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "Only the partner's own staff ask for access.")
	}
	f := messages.RequestForm{}
	for id := range strings.SplitSeq(inv.Value, ",") {
		r, ok := roles.ByID(access.RoleID(id))
		if !ok || len(f.Roles) == mostPrefilled {
			return Reply{}, env.refuse(ctx, inv, "malformed button", "This button is not known. Ask `/access advise` again.")
		}
		f.Roles = append(f.Roles, roleOption(r, ""))
	}
	if c, err := env.find(ctx, inv.Origin, nil); err == nil && c.InPolicy {
		o := customerOption(c)
		f.Customer = &o
	}
	return open(env.form(ctx, inv, f)), nil
}

// mostPrefilled is how many roles the form takes.
const mostPrefilled = 20
