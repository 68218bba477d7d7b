package commands

import (
	"context"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "request",
		Usage: "request <customer> <roles> for <duration> because <why>",
		Short: "Ask a customer for access; alone it opens a form.",
		Long: []string{
			"The roles are the name of a bundle or of one or more roles, separated by commas, `and` or a plus sign. Quotes of any kind keep words together and are rarely needed.",
			"The duration is written as in `4h`, `90m`, `1h30m`, `1.5h` or `2 days`, and counts from when the access is in place. The parts with `for` and `because` may change places.",
			"The request goes to the customer's contacts in their shared channel. They read why you ask.",
			"In an emergency, and where policy allows it, Break glass below the answer, or on the request's card, gives it at once: the customer is told at once, and a second person must review it.",
			"Where policy allows it, say before `because` when it begins, by your own clock: `from 20:00`, `from tomorrow 20:00`, `from monday 8:00` or `from 2026-12-08 20:00`. With `20:00-23:00` the duration can be left out.",
			"What comes again is approved once: `every day`, `every weekday`, `every tuesday`, `every second tuesday` (or `last`: of the month) or `every patch tuesday`, each with a time, and `until 2027-03-01`, `for 6 weeks` or `for 3 months`.",
		},
		Who: "linked staff",
		Examples: []string{
			"request contoso \"Exchange Administrator\" for 4h because mailbox migration, INC-4711",
			"request contoso.com helpdesk because reset MFA for 90m",
			"request contoso helpdesk for 4h from tomorrow 20:00 because server move, INC-4712",
			"request contoso helpdesk every patch tuesday 20:00-23:00 for 3 months because updates, CHG-88",
			"request",
		},
		Run: runRequest,
	})
	registerAction(Action{ID: messages.ActionRequest, Run: clickRequest})
	registerView(View{
		ID:     messages.ViewRequest,
		Blocks: []string{messages.BlockCustomer, messages.BlockRoles, messages.BlockDuration, messages.BlockStart, messages.BlockJustification, messages.BlockUrgent},
		Run:    submitRequest,
	})
}

// runRequest asks for what was typed. Who is not linked may be looked up by their mail
// address, and is told so.
func runRequest(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	reply, err := env.typed(ctx, inv)
	if err != nil {
		err = env.Approvals.LinkByMail(ctx, inv.Origin, err)
	}
	return reply, err
}

func (e Env) typed(ctx context.Context, inv Invocation) (Reply, error) {
	if strings.TrimSpace(inv.Text) == "" {
		if _, err := e.Approvals.Customers(ctx, inv.Origin, "", 1); err != nil {
			return Reply{}, err // nobody could choose one in the form
		}
		return e.openForm(ctx, inv, messages.RequestForm{})
	}
	asked, err := ParseAsked(inv.Text)
	if err != nil {
		return e.fillIn(ctx, inv, err)
	}
	c, roles, err := e.customerAndRoles(ctx, inv.Origin, asked.Words)
	if err != nil {
		return Reply{}, noMoment(asked, err)
	}
	ask := approvals.Ask{Customer: c.Tenant, Roles: roles, Duration: asked.Duration, Justification: asked.Justification}
	ask.StartAt, ask.Windows, ask.Recurs = e.moments(ctx, inv, asked.When)
	r, err := e.Approvals.Submit(ctx, inv.Origin, ask)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Receipt(cards.View(e.Policy(), approvals.Entry{Request: r}))), nil
}

// openForm opens the form, unless nothing could come of it.
func (e Env) openForm(ctx context.Context, inv Invocation, f messages.RequestForm) (Reply, error) {
	if err := e.Approvals.MayAsk(ctx, inv.Origin); err != nil {
		return Reply{}, err
	}
	return open(e.form(ctx, inv, f)), nil
}

// clickRequest opens the form. Whether the person may ask is checked when it is
// submitted, as after the command.
func clickRequest(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "Only the partner's own staff ask for access.")
	}
	return env.openForm(ctx, inv, messages.RequestForm{})
}

// fillIn opens the form for a customer when nothing else was typed. Otherwise
// the refusal stands.
func (e Env) fillIn(ctx context.Context, inv Invocation, refusal error) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 || len(words) > mostCustomerWords {
		return Reply{}, refusal
	}
	for _, w := range words {
		if w.is("for") || w.is("because") {
			return Reply{}, refusal
		}
	}
	c, err := e.Approvals.Find(ctx, inv.Origin, join(words))
	switch {
	case access.CodeOf(err) == access.Forbidden:
		return Reply{}, err
	case err != nil || !c.InPolicy:
		return Reply{}, refusal
	}
	o := customerOption(c)
	return e.openForm(ctx, inv, messages.RequestForm{Customer: &o})
}

// submitRequest checks every field before it asks, so that all faults are shown
// at once.
func submitRequest(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Callback, "Only the partner's own staff ask for access.")
	}
	ask, faults := env.fields(inv)
	if chosen := inv.Values[messages.BlockCustomer].Selected; len(chosen) == 1 && tenantID.MatchString(chosen[0]) {
		ask.Customer = access.TenantID(chosen[0])
	} else {
		faults[messages.BlockCustomer] = "Choose a customer."
	}
	if len(faults) > 0 {
		return Reply{Errors: faults}, nil
	}
	_, err := env.Approvals.Submit(ctx, inv.Origin, ask)
	if err != nil {
		err = env.Approvals.LinkByMail(ctx, inv.Origin, err)
	}
	return Reply{}, err
}

// fields reads the form but for the customer, and what is wrong with each field.
func (e Env) fields(inv Invocation) (approvals.Ask, map[string]string) {
	faults := map[string]string{}
	note := func(err error) {
		if e, ok := err.(*access.Error); ok { //nolint:errorlint // made here, never wrapped
			faults[e.Field] = messages.Plain(e.Message)
		}
	}
	ask := approvals.Ask{}
	var err error
	if ask.Roles, err = e.chosenRoles(inv.Values[messages.BlockRoles].Selected); err != nil {
		note(err)
	}
	if ask.Duration, err = ParseDuration(inv.Values[messages.BlockDuration].Text); err != nil {
		note(err)
	}
	if ask.Justification, err = Justification(inv.Values[messages.BlockJustification].Text); err != nil {
		note(err)
	}
	ask.StartAt = inv.Values[messages.BlockStart].Moment
	ask.BreakGlass = len(inv.Values[messages.BlockUrgent].Selected) > 0
	return ask, faults
}

// form is the form for a person, with a start where some rule allows one, and with the
// emergency where some rule has one for them.
func (e Env) form(ctx context.Context, inv Invocation, f messages.RequestForm) messages.Modal {
	f.Ahead = e.Policy().Schedules()
	f.Urgent = e.Policy().MayBreakGlass(inv.Origin.Actor, e.Approvals.Membership(ctx, inv.Origin.Actor))
	return messages.RequestModal(f)
}
