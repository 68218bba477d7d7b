package messages_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

var (
	passwords = messages.RoleInfo{Role: messages.Role{Name: "Password Administrator", Privileged: true}, What: "Resets passwords of users."}
	inUsers   = messages.Workload{Name: "Users in Microsoft Entra", Reach: messages.Reached, Limits: "Some pages stay closed."}
)

func advice(changes ...func(*messages.Advice)) messages.Advice {
	a := messages.Advice{
		Roles: []messages.RoleInfo{passwords}, Tasks: []string{"Reset the password of a user"},
		Workload: inUsers, Ask: messages.Ask{IDs: []access.RoleID{"966707d0-3269-4727-9be2-8c3a10f19b9d"}},
	}
	for _, change := range changes {
		change(&a)
	}
	return a
}

func TestAdvise(t *testing.T) {
	larger := advice(func(a *messages.Advice) {
		a.Ask.Larger = []messages.Role{{Name: "User Administrator", Privileged: true}}
		a.Workload.Reach = messages.Partly
	})
	closed := advice(func(a *messages.Advice) {
		a.Ask = messages.Ask{Closed: true}
		a.Workload = messages.Workload{Name: "External identities", Reach: messages.Closed, Limits: "Let the customer do it."}
	})
	holder := messages.Holder{Name: "the owner of the group", Why: "The customer decides who that is."}
	nobody := advice(func(a *messages.Advice) {
		a.Roles, a.Ask, a.Least = nil, messages.Ask{}, []messages.Holder{holder}
		a.Workload.Reach = "unheard-of"
	})
	owner := advice(func(a *messages.Advice) { a.Least = []messages.Holder{holder}; a.Workload = messages.Workload{} })
	hostile := advice(func(a *messages.Advice) {
		a.Roles = []messages.RoleInfo{{Role: messages.Role{Name: "*x* <!here>"}, What: "`x` <@U1ANA>"}, passwords}
		a.Tasks = []string{strings.Repeat("<", 500), "*y*"}
	})
	for name, m := range map[string]messages.Message{
		"found":   messages.Advise(messages.AdviceView{Query: "reset a user's password", Sure: true, Advice: []messages.Advice{advice(), larger, closed}}),
		"guess":   messages.Advise(messages.AdviceView{Query: "coffee machine", Advice: []messages.Advice{owner, nobody}}),
		"none":    messages.Advise(messages.AdviceView{Query: "zzz"}),
		"hostile": messages.Advise(messages.AdviceView{Query: "<!channel> *x* " + strings.Repeat("&", 300), Sure: true, Advice: []messages.Advice{hostile}}),
	} {
		t.Run(name, func(t *testing.T) { golden(t, "advise-"+name, m) })
	}
}

func TestExplain(t *testing.T) {
	base := messages.ExplainView{Role: passwords, Tasks: []string{"Reset the password of a user (Users)"}, Workload: inUsers, Ask: advice().Ask}
	many := base
	many.Role, many.Tasks, many.Ask = messages.RoleInfo{Role: exchange}, repeat("Do *this* and that", 40), messages.Ask{Closed: true}
	withheld := base
	withheld.Withheld, withheld.Ask = true, messages.Ask{}
	for name, v := range map[string]messages.ExplainView{
		"role": base, "many-tasks": many, "withheld": withheld, "empty": {},
	} {
		t.Run(name, func(t *testing.T) { golden(t, "explain-"+name, messages.Explain(v)) })
	}
}

func TestImpact(t *testing.T) {
	open := []messages.CardView{view(granted(access.Active)), view(roles(9), granted(access.Activating)), view(hostile, granted(access.Active))}
	for name, v := range map[string]messages.ImpactView{
		"provided": {Customer: "Contoso", Provided: true},
		"none":     {Customer: "Contoso"},
		"open":     {Customer: "Contoso", Grants: open},
		"gone":     {Customer: "Contoso <!here> *x*", Gone: true, Grants: open[:1]},
		"many":     {Customer: strings.Repeat("x", 300), Gone: true, Grants: repeat(view(longest, granted(access.Active)), 60)},
		"quiet":    {Gone: true},
	} {
		t.Run(name, func(t *testing.T) { golden(t, "impact-"+name, messages.Impact(v)) })
	}
}
