package commands

import (
	"context"
	"fmt"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

func init() {
	register(Command{
		Name:     "explain",
		Usage:    "explain <role>",
		Short:    "Say what a role allows, and for what it is the least.",
		Who:      "everybody in our workspace",
		Rare:     true,
		Examples: []string{"explain Helpdesk Administrator", "explain exchange admin"},
		Run:      runExplain,
	})
}

func runExplain(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	text := join(scan(inv.Text).words())
	if text == "" {
		return Reply{}, access.Refuse(access.Invalid, "Name a role, as in `/access explain Helpdesk Administrator`.")
	}
	found, match := roles.Find(text)
	switch match {
	case roles.Exact, roles.Prefix:
		return say(messages.Explain(explained(env.may(ctx, inv.Origin.Actor), found[0]))), nil
	case roles.Near:
		names := make([]string, len(found))
		for i, r := range found {
			names[i] = r.Name
		}
		return Reply{}, access.Refuse(access.Invalid, "Which role? “%s” may be %s.", short(text), strings.Join(names, " or "))
	case roles.None:
	}
	return Reply{}, access.Refuse(access.NotFound, "No role of Microsoft Entra is called “%s”. Say what is to be done with `/access advise`.", short(text))
}

// explained finds what a message needs to explain the role.
func explained(may mayAsk, r roles.Role) messages.ExplainView {
	what, w := roles.About(r.ID)
	v := messages.ExplainView{
		Role:     messages.RoleInfo{Role: messages.Role{Name: r.Name, Privileged: r.Privileged}, What: what},
		Workload: workload(w), Withheld: !roles.Requestable(r.ID),
	}
	area := ""
	for _, t := range roles.LeastFor(r.ID) {
		task := t.What
		if t.Area != area {
			task, area = fmt.Sprintf("%s (%s)", t.What, t.Area), t.Area
		}
		v.Tasks = append(v.Tasks, task)
	}
	if !v.Withheld {
		v.Ask = askFor(may, []access.RoleID{r.ID}, nil, w)
	}
	return v
}
