package messages_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func relationship(changes ...func(*messages.RelationshipView)) messages.RelationshipView {
	r := messages.RelationshipView{
		Name: "Contoso care", Status: access.RelationshipActive, Roles: []messages.Role{exchange, helpdesk},
		Start: start.AddDate(0, -3, 0), End: start.AddDate(1, 9, 0), AutoExtend: "P180D",
		Assignments: []messages.AssignmentView{{Group: "sg_contoso_mail", Roles: []messages.Role{exchange}, Status: access.AssignmentActive}},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func TestOverview(t *testing.T) {
	base := messages.OverviewView{Customer: "Contoso", Domains: []string{"contoso.com", "contoso.de"}, InPolicy: true, ReadAt: start}
	full := base
	full.Relationships = []messages.RelationshipView{
		relationship(),
		relationship(func(r *messages.RelationshipView) {
			r.Name, r.Status, r.AutoExtend = "MLT_2024", "terminationRequested", ""
			r.Provider.Tenant, r.MicrosoftLed = "99999999-1111-4111-8111-111111111111", true
			r.Unseen = "Microsoft Graph did not allow it."
		}),
		relationship(func(r *messages.RelationshipView) {
			r.Name, r.Status, r.AutoExtend = "New", "somethingNew", "P1Y"
			r.Provider, r.ConsentPending = messages.ProviderView{Tenant: "99999999-1111-4111-8111-111111111111", Name: "Northwind <Cloud>", Domain: "northwind.example"}, true
			r.Start, r.End, r.Roles = time.Time{}, time.Time{}, nil
			r.Assignments = []messages.AssignmentView{{Status: "deleting"}, {Group: "g", Status: ""}}
		}),
		relationship(func(r *messages.RelationshipView) { r.Assignments = nil }),
	}
	full.Grants = []messages.CardView{
		view(granted(access.Active)), view(granted(access.Activating)), view(granted(access.Ending, over(access.Expired))),
		lost(access.RelationshipTerminating), lost(access.RelationshipTerminated),
	}
	full.Unreadable = 2
	many := base
	for i := range 40 {
		many.Grants = append(many.Grants, view(granted(access.Active), roles(6)))
		many.Relationships = append(many.Relationships, relationship(func(r *messages.RelationshipView) {
			r.Name = fmt.Sprintf("%d %s", i, strings.Repeat("&", 300))
			v := view(roles(60))
			r.Roles = v.Roles
			for range 30 {
				r.Assignments = append(r.Assignments, messages.AssignmentView{Group: strings.Repeat("&", 300), Roles: v.Roles, Status: "active"})
			}
		}))
	}
	stale, never, first := base, base, base
	stale.Problem, stale.InPolicy = "Microsoft Graph did not answer.", false
	never.ReadAt = time.Time{}
	first.ReadAt, first.Problem = time.Time{}, "The app may not read relationships."
	bad := base
	bad.Customer, bad.Domains = "Con\u202Etoso *x* <!here>", []string{"<!channel>.example"}
	bad.Relationships = []messages.RelationshipView{relationship(func(r *messages.RelationshipView) {
		r.Name, r.Status, r.AutoExtend = "a\nb *c* <!here>", "<!here>*x*", "<!here>"
		r.Assignments[0].Group, r.Assignments[0].Status = "_x_ <@U1>", "<!here>"
		r.Provider = messages.ProviderView{Tenant: "`<!here>", Name: "<!here> *x*", Domain: "`_y_"}
	})}
	letIn := base
	letIn.Others = messages.OthersView{
		Readable: true, InPolicy: true, LetIn: true, ReadAt: start, Problem: "Microsoft did not say.", Others: []messages.OtherView{
			{ProviderView: messages.ProviderView{Tenant: "99999999-1111-4111-8111-111111111111", Name: "Northwind", Domain: "northwind.example"}, Ours: true},
			{ProviderView: messages.ProviderView{Tenant: "99999999-1111-4111-8111-111111111112"}},
			{ProviderView: messages.ProviderView{Tenant: "99999999-1111-4111-8111-111111111113", Name: "<!here> *Litware*", Domain: "`_y_"}},
		},
	}
	for range 20 {
		letIn.Others.Others = append(letIn.Others.Others, letIn.Others.Others[0])
	}
	alone, kept, asks, asked := base, base, base, base
	alone.Others = messages.OthersView{Readable: true, InPolicy: true, LetIn: true, ReadAt: start}
	kept.Others = messages.OthersView{Readable: true, InPolicy: true}
	again := base
	asks.Others = messages.OthersView{Readable: true, InPolicy: true, Admin: true, Tenant: contosoTenant, MayAsk: true}
	again.Others = asks.Others
	again.Others.Asked = start
	asked.Others = messages.OthersView{Readable: true, InPolicy: true, Admin: true, Asked: start}
	for name, v := range map[string]messages.OverviewView{
		"others": letIn, "others-none": alone, "others-unknown": kept, "others-ask": asks, "others-asked": asked, "others-again": again,
		"full": full, "none": base, "many": many, "stale": stale, "never": never, "first": first, "hostile": bad,
	} {
		t.Run(name, func(t *testing.T) { golden(t, "overview-"+name, messages.Overview(v)) })
	}
}

func TestLists(t *testing.T) {
	var many []messages.CardView
	for range 60 {
		many = append(many, view(granted(access.Active), roles(40)))
	}
	var events []messages.EventView
	for i := range 40 {
		events = append(events, messages.EventView{At: start.Add(time.Duration(i) * time.Minute), Kind: access.EventRefused, By: bo})
	}
	events = append(events, messages.EventView{At: start, Kind: access.EventActive}, messages.EventView{At: start, Kind: "<!here>"})
	contact := access.Contact{Person: bo, Customer: contosoTenant, LinkedBy: ana, LinkedAt: start}
	eve := access.Staff{Person: access.Person{User: "U9", Name: "Eve <!here>"}, UPN: "eve<!here>@fabrikam.example"}
	for name, m := range map[string]messages.Message{
		"mine-none":    messages.Mine(nil),
		"mine":         messages.Mine([]messages.CardView{view(), view(granted(access.Active)), view(granted(access.Ending, over(access.Revoked)))}),
		"mine-many":    messages.Mine(many),
		"mine-hostile": messages.Mine([]messages.CardView{view(hostile), view(longest)}),
		"pick":         messages.Pick("Which one? Press its button, or give its id.", []messages.CardView{view(), view(granted(access.Active))}),
		"show":         messages.Show(messages.StoryView{CardView: view(granted(access.Ended, over(access.Expired))), Events: events[:3]}),
		"show-many":    messages.Show(messages.StoryView{CardView: view(hostile), Events: events}),
		"contacts":     messages.Contacts(messages.ContactsView{Customer: "Contoso", Channel: "C1", Contacts: []access.Contact{contact}}),
		"contacts-none": messages.Contacts(messages.ContactsView{
			Customer: strings.Repeat("x", 300)}),
		"contacts-many": messages.Contacts(messages.ContactsView{Customer: "Contoso", Channel: "C1", Contacts: repeat(contact, 90)}),
		"staff":         messages.Staff([]access.Staff{{Person: ana, UPN: "ana@fabrikam.example"}, eve}),
		"letin":         messages.LetIn("en", "Contoso <!here>", "https://login.example/adminconsent?client_id=1&redirect_uri=2"),
		"letin-asked":   messages.LetInAsked("Contoso <!here>", "https://login.example/adminconsent?client_id=1&redirect_uri=2"),
		"staff-none":    messages.Staff(nil),
		"staff-many":    messages.Staff(repeat(eve, 300)),
	} {
		t.Run(name, func(t *testing.T) { golden(t, "list-"+name, m) })
	}
}

func repeat[T any](v T, n int) []T {
	var out []T
	for range n {
		out = append(out, v)
	}
	return out
}

func TestReplies(t *testing.T) {
	option := messages.CustomerOption{Tenant: contosoTenant, Name: "Contoso", Domain: "contoso.com"}
	request := messages.CommandView{Name: "request", Usage: "request <customer> <roles> for <duration> because <why>",
		Short: "Ask for access.", Who: "linked staff", Long: []string{"Say *nothing* twice; write `for 4h`."}, Examples: []string{"request contoso helpdesk for 4h because reset MFA"}}
	for name, m := range map[string]messages.Message{
		"reply":              messages.Reply("<@U1ANA> is now linked to ana@fabrikam.example."),
		"reply-empty":        messages.Reply(""),
		"reply-hostile":      messages.Reply("<!channel> <@U1ANA|x> <#C1> *x* :tada: <https://evil.example|good>"),
		"refusal":            messages.Refusal("Say for how long, for example `for 4h`."),
		"refusal-hostile":    messages.Refusal("No customer is called \"<!channel> `x <@U1ANA>\"."),
		"refusal-long":       messages.Refusal(strings.Repeat("<& ", 3000)),
		"choice":             messages.Choice(messages.ChoiceView{Text: "con*toso*", Customers: []messages.CustomerOption{option, {Tenant: "t2", Name: "Contoso GmbH"}}}),
		"choice-none":        messages.Choice(messages.ChoiceView{}),
		"choice-many":        messages.Choice(messages.ChoiceView{Customers: repeat(messages.CustomerOption{Tenant: "t", Name: strings.Repeat("&", 300), Domain: strings.Repeat("x", 300)}, 99)}),
		"help":               messages.Help([]messages.CommandView{request, {Usage: "mine", Short: "List your own."}}, []messages.CommandView{{Name: "explain"}, {Name: "impact"}}),
		"help-topic":         messages.HelpTopic(request),
		"trouble":            messages.Trouble(messages.TroubleView{Request: "R-7K3M2", Customer: "Contoso", Text: "It failed <!here>."}),
		"trouble-effect":     messages.Trouble(messages.TroubleView{Customer: "Contoso", Text: "It failed.", Effect: "R-7K3M2/customer/0003/slack.card"}),
		"trouble-bare":       messages.Trouble(messages.TroubleView{Text: "The log says more."}),
		"contact-linked":     messages.ContactLinked(messages.ContactView{Customer: "Contoso", Person: bo, By: ana}),
		"contact-unverified": messages.ContactLinked(messages.ContactView{Customer: "Contoso", Person: bo, By: ana, Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Page: true}),
		"contact-verified":   messages.ContactVerified(messages.ContactView{Customer: "Contoso", Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Person: bo, Role: "Global Administrator"}),
		"contact-verify":     messages.Verify(messages.VerifyView{Customer: "Contoso", Address: "https://bot.example/contacts/0123", Life: 10 * time.Minute}),
		"contact-removed":    messages.ContactRemoved(messages.ContactView{Customer: "<!here>", Person: access.Person{User: "<!here>"}, By: access.Person{}}),
		"checkpoint":         messages.Checkpoint(messages.CheckpointView{Customer: "Contoso", Events: 12, At: start, Note: aNote}),
		"checkpoint-one":     messages.Checkpoint(messages.CheckpointView{Language: "de", Customer: "<!here>", Events: 1, At: start, Note: "```<!here>"}),
		"standin":            messages.StandIn(messages.StandInView{Tenant: contosoTenant, Customer: "Contoso", Person: bo, For: cy, Until: start}),
		"standin-german":     messages.StandIn(messages.StandInView{Language: "de", Tenant: contosoTenant, Customer: "*Contoso*", Person: access.Person{User: "<!here>"}, For: cy, Until: start}),
		"standin-refused":    messages.StandInRefused(messages.StandInView{For: cy}),
		"standin-back":       messages.Back(messages.StandInView{Customer: "Contoso", For: cy}),
	} {
		t.Run(name, func(t *testing.T) { golden(t, "reply-"+name, m) })
	}
}

func TestModals(t *testing.T) {
	long := messages.Option{Value: "v", Text: strings.Repeat("&", 300), Description: strings.Repeat("d", 300)}
	for name, m := range map[string]messages.Modal{
		"request":        messages.RequestModal(messages.RequestForm{}),
		"request-filled": messages.RequestModal(messages.RequestForm{Customer: &long, Roles: []messages.Option{long}, Duration: strings.Repeat("4", 99), Justification: strings.Repeat("<", 900)}),
		"change":         messages.RequestModal(messages.RequestForm{Change: "R-7K3M2/1", Customer: &long, Roles: []messages.Option{long}, Duration: "4h", Justification: "why"}),
		"away":           messages.AwayModal("", contosoTenant),
		"away-spanish":   messages.AwayModal("es", contosoTenant),
		"note":           messages.Note(messages.Refusal("You are no contact of Contoso.")),
		"note-bare":      messages.Note(messages.Message{}),
	} {
		t.Run(name, func(t *testing.T) { goldenModal(t, "modal-"+name, m) })
	}
}

// lost is a grant in force whose relationship carries it no longer.
func lost(status access.RelationshipStatus) messages.CardView {
	v := view(granted(access.Active))
	v.Lost = status
	return v
}

// aNote is a signed checkpoint.
const aNote = "latchkey/8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10\n312\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\ncustomers b7gmP9zq0cRL0+Q6xC0tHc3f7cSwvKjv0cDkWmYvQ5M=\nat 2026-12-01T09:00:00Z\n\n— latchkey/8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10 XTJHcLxgY6ImP5/E8tn29JIS5fIW+cXM2XNOWyT0S6Jja99g+49kY0gZ0EUjTNTkuYRrmmEGLhdRyvhg4eQNx4ROtA8=\n"
