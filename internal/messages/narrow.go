package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// mostOptions is how many options a list takes.
const mostOptions = 100

// deciding are the buttons of those whose turn it is.
func deciding(v CardView) []*slack.ButtonBlockElement {
	if len(v.Roles) > mostOptions || v.Page != "" { // they could not all be left in, or it is approved on the page
		return []*slack.ButtonBlockElement{approve(v), deny(v)}
	}
	return []*slack.ButtonBlockElement{approve(v), narrow(v), deny(v)}
}

// narrow leads to the form in which less is approved than is asked for.
func narrow(v CardView) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	return button(ActionNarrow, Ref(r.ID, r.Terms), in.Say("Approve less…"), in.Say("Approve less… than %s asks for", r.ID))
}

// change leads to the form in which the requester asks for something else.
func change(v CardView) *slack.ButtonBlockElement {
	r := v.Request
	return button(ActionChange, Ref(r.ID, r.Terms), "Change", "Change what "+string(r.ID)+" asks for")
}

// NarrowModal lets whoever approves take out roles, and time. The view must be of a
// pending request; ids are those of its roles, in the same order.
func NarrowModal(v CardView, ids []access.RoleID) Modal {
	in, r := v.in(), v.Request
	options := make([]*slack.OptionBlockObject, 0, len(ids))
	for i, id := range ids {
		options = append(options, Option{Value: string(id), Text: v.Roles[i].Name}.Object())
	}
	roles := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, plainText(in.Say("Roles")), "narrow.roles", options...)
	roles.InitialOptions = options
	asked := access.FormatDuration(r.Duration)
	duration := slack.NewPlainTextInputBlockElement(plainText(asked), "narrow.duration").WithInitialValue(asked).WithMaxLength(40)
	return modal(ViewNarrow, Ref(r.ID, r.Terms), in.Say("Approve less"), in.Say("Approve"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(in.asks(r).shown), nil, nil),
		slack.NewInputBlock(BlockRoles, plainText(in.Say("Roles")), plainText(in.Say("Take out what is not to be given.")), roles),
		slack.NewInputBlock(BlockDuration, plainText(in.Say("For how long")), plainText(in.Say("That or less, as in 4h, 90m or 1h30m; it counts from when the access is in place.")), duration))
}
