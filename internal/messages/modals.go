package messages

import (
	"github.com/slack-go/slack"
)

// The blocks of modals whose values are read. Those of a request are called as
// the fields of an access.Error are.
const (
	BlockCustomer      = "customer"
	BlockRoles         = "roles"
	BlockDuration      = "duration"
	BlockStart         = "start"
	BlockJustification = "justification"
	BlockReason        = "reason"
	BlockConfirm       = "confirm"
	BlockUrgent        = "urgent"
)

// MaxJustification bounds what the modals take, to what cards show of it.
const MaxJustification = maxQuote

// RequestForm is what the modal of a request shows filled in.
type RequestForm struct {
	Customer      *Option
	Roles         []Option
	Duration      string // "4h" when empty
	Justification string
	Change        string // the [Ref] of the request that is changed; empty: a new one is made
	// Urgent offers to take the access at once, to somebody whom some rule lets do so.
	Urgent bool
	// Ahead asks when the access begins, too.
	Ahead bool
}

// RequestModal asks for the same as the command does, or for what is to be changed of a
// waiting request.
func RequestModal(f RequestForm) Modal {
	zero, most := 0, 20
	customer := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText("Name or domain"), OptionsCustomer)
	customer.MinQueryLength = &zero
	if f.Customer != nil {
		customer.InitialOption = f.Customer.Object()
	}
	roles := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, plainText("A bundle, roles, or a task"), OptionsRoles)
	roles.MinQueryLength, roles.MaxSelectedItems = &zero, &most
	for _, o := range f.Roles {
		roles.InitialOptions = append(roles.InitialOptions, o.Object())
	}
	duration := slack.NewPlainTextInputBlockElement(plainText("4h"), "request.duration").
		WithInitialValue(orElse(line(f.Duration, 40), "4h")).WithMaxLength(40)
	why := slack.NewPlainTextInputBlockElement(plainText("Mailbox migration, INC-4711"), "request.justification").
		WithMultiline(true).WithMaxLength(MaxJustification).WithInitialValue(line(f.Justification, MaxJustification))
	rest := []slack.Block{
		slack.NewInputBlock(BlockRoles, plainText("Roles"), plainText("As few as the task needs: type what you will do, and the least roles for it are offered."), roles),
		slack.NewInputBlock(BlockDuration, plainText("For how long"), plainText("As in 4h, 90m, 1h30m or 2 days."), duration),
	}
	if f.Ahead && f.Change == "" {
		rest = append(rest, startBlock())
	}
	rest = append(rest, slack.NewInputBlock(BlockJustification, plainText("Why"), plainText("The customer reads this."), why))
	if f.Change == "" {
		which := slack.NewInputBlock(BlockCustomer, plainText("Customer"), nil, customer)
		if f.Urgent {
			rest = append(rest, urgent())
		}
		return modal(ViewRequest, "", "Ask for access", "Send", "Cancel", append([]slack.Block{which}, rest...)...)
	}
	what := "Whoever has agreed before is asked anew."
	if f.Customer != nil {
		what = "Access to *" + name(f.Customer.Text) + "*. " + what
	}
	said := slack.NewSectionBlock(formatted(what), nil, nil)
	return modal(ViewChange, f.Change, "Change the request", "Change", "Cancel", append([]slack.Block{said}, rest...)...)
}

// urgent asks whether it is an emergency, and says what follows.
func urgent() *slack.InputBlock {
	box := slack.NewCheckboxGroupsBlockElement("request.urgent", slack.NewOptionBlockObject("yes", plainText("Break glass: give it to me at once, without approval"), nil))
	return slack.NewInputBlock(BlockUrgent, plainText("Is this an emergency?"),
		plainText("The customer is told at once, with your name and reason, and can end it. A second person must review it. Only where policy allows it, and for a shorter time."), box).
		WithOptional(true)
}

// startBlock asks when access begins.
func startBlock() *slack.InputBlock {
	return slack.NewInputBlock(BlockStart, plainText("Begins"), plainText("Left empty, it begins as soon as it is approved."),
		slack.NewDateTimePickerBlockElement("request.start")).WithOptional(true)
}

// DenyModal asks why a request is denied. The view must be of a pending one.
func DenyModal(v CardView) Modal {
	in, r := v.in(), v.Request
	why := slack.NewPlainTextInputBlockElement(plainText(in.Say("Please call us first")), "deny.reason").
		WithMultiline(true).WithMaxLength(maxQuote)
	what := in.saying("%s asks for %s in *%s* for *%s*.", r.Requester, in.rolesIn(v.Roles, 6), name(r.CustomerName), r.Duration)
	return modal(ViewDeny, Ref(r.ID, r.Terms), in.Say("Deny %s", r.ID), in.Say("Deny"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(what.shown), nil, nil),
		slack.NewInputBlock(BlockReason, plainText(in.Say("Reason")), plainText(in.Say("The requester reads this.")), why))
}

// Note shows a message in a modal, to a person to whom nothing can be said
// privately in a channel.
func Note(m Message) Modal {
	blocks := m.Blocks
	if len(blocks) == 0 {
		blocks = []slack.Block{slack.NewSectionBlock(formatted(orElse(m.Text, "Done.")), nil, nil)}
	}
	return modal(ViewNote, "", "Latchkey", "", m.Language.Say("Close"), blocks...)
}

func modal(callback, private, title, submit, closing string, blocks ...slack.Block) Modal {
	v := slack.ModalViewRequest{
		Type:            slack.VTModal,
		Title:           plainText(cut(title, 24)),
		Blocks:          slack.Blocks{BlockSet: blocks},
		Close:           plainText(closing),
		CallbackID:      callback,
		PrivateMetadata: private,
	}
	if submit != "" {
		v.Submit = plainText(submit)
	}
	return Modal{v}
}
