package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/hygiene"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "standing",
		Usage: "standing [customer]",
		Short: "Show what stands open without need, and mend it.",
		Long: []string{
			"Found are standing privileged roles, people in Latchkey's groups whom no request put there, relationships and roles that nobody used for 90 days, ends within 30 days and, where customers let the bot read their logs, roles that were given again and again and never used. Without a customer all are counted, with the members of Partner Center's groups.",
		},
		Who:      "linked staff and bot admins; only bot admins mend",
		Rare:     true,
		Examples: []string{"standing", "standing contoso"},
		Run:      runStanding,
	})
	registerAction(Action{ID: messages.ActionStanding, Run: clickStanding})
	registerAction(Action{ID: messages.ActionOust, Run: clickOust})
	registerAction(Action{ID: messages.ActionUnassign, Run: clickUnassign})
	registerAction(Action{ID: messages.ActionRenew, Run: clickRenew})
	registerAction(Action{ID: messages.ActionSmaller, Run: clickSmaller})
	registerAction(Action{ID: messages.ActionEntra, Run: clickReview})
}

func runStanding(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	c, err := env.find(ctx, inv.Origin, words)
	if len(words) == 0 && access.CodeOf(err) == access.Invalid {
		return standingAll(ctx, env, inv)
	}
	if err != nil {
		return Reply{}, err
	}
	return standing(ctx, env, inv, c.Tenant)
}

func standing(ctx context.Context, env Env, inv Invocation, tenant access.TenantID) (Reply, error) {
	s, err := env.Approvals.Standing(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Standing(messages.StandingView{
		Customer: s.Customer.Name, Tenant: tenant, Findings: findings(s.Findings), Looked: s.Looked, Unread: s.Unread,
		DAP:     env.dapView(inv.Origin, s.DAP),
		MayMend: env.Policy().Admin(inv.Origin.Actor.User), ReadAt: s.ReadAt, Problem: s.Problem,
	})), nil
}

func standingAll(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	s, err := env.Approvals.StandingAll(ctx, inv.Origin)
	if err != nil {
		return Reply{}, err
	}
	v := messages.StandingAllView{Clean: s.Clean, Unread: s.Unread, Connected: env.PartnerCenter, Agents: findings(s.Agents), ReadAt: s.ReadAt, Problem: s.Problem}
	for _, c := range s.Customers {
		v.Customers = append(v.Customers, messages.StandingCountView{
			Customer: c.Customer.Name, Tenant: c.Customer.Tenant, Counts: c.Counts, Worst: finding(c.Worst),
		})
	}
	return say(messages.StandingAll(v)), nil
}

func findings(all []hygiene.Finding) []messages.FindingView {
	out := make([]messages.FindingView, len(all))
	for i, f := range all {
		out[i] = finding(f)
	}
	return out
}

func finding(f hygiene.Finding) messages.FindingView {
	return messages.FindingView{
		Kind: messages.FindingKind(f.Kind), Severity: int(f.Severity), Customer: f.Customer, Relationship: f.Relationship, Name: f.Name,
		Assignment: f.Assignment, Group: f.Group, GroupName: f.GroupName, Agents: f.Agents, Roles: cards.Roles(f.Roles),
		Members: f.Members, Times: f.Times, Until: f.Until, Since: f.Since,
	}
}

func clickStanding(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External || !tenantID.MatchString(inv.Value) {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This button is not known. Type `/access standing` again.")
	}
	return standing(ctx, env, inv, access.TenantID(inv.Value))
}

var (
	memberForm     = regexp.MustCompile(`^([0-9a-f-]{36})/([0-9a-f-]{36})$`)
	assignmentForm = regexp.MustCompile(`^(.{110})/([0-9A-Za-z-]{1,80})$`)
)

func clickOust(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	m := memberForm.FindStringSubmatch(inv.Value)
	if m == nil {
		return Reply{}, env.refuse(ctx, inv, "malformed button", "This button does not belong to a group. Type `/access standing` again.")
	}
	member, err := env.Approvals.Oust(ctx, inv.Origin, access.GroupID(m[1]), access.PrincipalID(m[2]))
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf("%s is being removed from the group. You hear from me when Microsoft Entra shows that it is done.", orID(member)))), nil
}

func orID(m access.Member) string {
	if m.Name != "" {
		return m.Name
	}
	return string(m.ID)
}

func clickUnassign(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	m := assignmentForm.FindStringSubmatch(inv.Value)
	if m == nil {
		return Reply{}, env.refuse(ctx, inv, "malformed button", "This button does not belong to a group. Type `/access standing` again.")
	}
	customer, id, err := env.target(ctx, inv, m[1])
	if err != nil {
		return Reply{}, err
	}
	a, err := env.Approvals.Unassign(ctx, inv.Origin, customer, id, access.AssignmentID(m[2]))
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf("The roles of the group %s are being taken away. You hear from me when Microsoft shows that it is done.", a.GroupName))), nil
}

func clickRenew(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	story, err := env.Approvals.Extend(ctx, inv.Origin, customer, id, true)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf("Microsoft is asked to have %s renew itself. You hear from me when it is so, and so does the customer's channel.", story.Name()))), nil
}

// clickSmaller asks for a relationship with only those roles that are used, for a
// year. Which these are is looked up again.
func clickSmaller(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	s, err := env.Approvals.Standing(ctx, inv.Origin, customer)
	if err != nil {
		return Reply{}, err
	}
	i := slices.IndexFunc(s.Findings, func(f hygiene.Finding) bool { return f.Kind == hygiene.Broad && f.Relationship == id })
	if i < 0 {
		return Reply{}, access.Refuse(access.Conflict, "This is not so any more; nothing was changed. `/access standing` shows what there is.")
	}
	if len(s.Findings[i].Left) == 0 {
		return env.confirmTermination(ctx, inv, customer, id)
	}
	return env.confirmReplacement(ctx, inv, approvals.OfferAsk{Customer: customer, Roles: s.Findings[i].Left, Days: oneYear, Replaces: id})
}

const oneYear = 365 // days
