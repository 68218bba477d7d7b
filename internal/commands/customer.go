package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "customer",
		Usage: "customer link|unlink|show <customer> [@contact]",
		Short: "Say who may approve for a customer, or show who may.",
		Long: []string{
			"A contact belongs to the customer's own workspace and sits in the channel that is shared with it. The channel is told of every change.",
			"In the customer's channel the customer can be left out.",
			"A contact who is not in Slack is linked by the name under which they sign in to Microsoft, as in `customer link contoso kim@contoso.com`: requests are mailed to them, and they decide on a page.",
		},
		Who:      "bot admins; linked staff may `show`",
		Examples: []string{"customer link contoso @Bo", "customer unlink contoso @Bo", "customer show contoso"},
		Run:      runCustomer,
	})
}

func runCustomer(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 {
		return Reply{}, access.Refuse(access.Invalid, "Say what to do, as in `/access customer link contoso @contact`.")
	}
	verb, words := words[0], words[1:]
	switch {
	case verb.is("show"):
		return showContacts(ctx, env, inv, words)
	case (verb.is("link") || verb.is("unlink")) && slices.ContainsFunc(words, isAddress):
		return byMail(ctx, env, inv, verb, words)
	case verb.is("link"), verb.is("unlink"):
		who, rest, err := takePerson(words)
		if err != nil {
			return Reply{}, err
		}
		c, err := env.find(ctx, inv.Origin, rest)
		if err != nil {
			return Reply{}, err
		}
		if verb.is("link") {
			return linkContact(ctx, env, inv, c, who)
		}
		return unlinkContact(ctx, env, inv, c, who)
	}
	return Reply{}, access.Refuse(access.Invalid, "“%s” is not something to do with a customer: use `link`, `unlink` or `show`.", short(verb.Text))
}

func showContacts(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	c, err := env.find(ctx, inv.Origin, words)
	if err != nil {
		return Reply{}, err
	}
	contacts, err := env.Approvals.Contacts(ctx, inv.Origin, c.Tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Contacts(messages.ContactsView{Customer: c.Name, Channel: c.Channel, Contacts: contacts})), nil
}

func linkContact(ctx context.Context, env Env, inv Invocation, c approvals.Customer, who Word) (Reply, error) {
	if err := env.Approvals.LinkContact(ctx, inv.Origin, c.Tenant, who.User); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"Slack is being asked whether <@%s> belongs to %s. You hear from me when the link is made, and so does the customer's channel.", who.User, c.Name))), nil
}

func unlinkContact(ctx context.Context, env Env, inv Invocation, c approvals.Customer, who Word) (Reply, error) {
	contacts, err := env.Approvals.Contacts(ctx, inv.Origin, c.Tenant)
	if err != nil {
		return Reply{}, err
	}
	// A contact is known by workspace and user; the mention has the user alone.
	team := c.Team
	for _, x := range contacts {
		if x.Person.User == who.User {
			team = x.Person.Team
		}
	}
	if err := env.Approvals.UnlinkContact(ctx, inv.Origin, c.Tenant, team, who.User); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"<@%s> can no longer decide for %s. The customer's channel is told; access that was given stays until its end.", who.User, c.Name))), nil
}

// address is a mail address, as typed or as the link that Slack makes of it.
var address = regexp.MustCompile(`^<?(?:mailto:[^|<>\s]+\|)?(?:mailto:)?([^@<>|\s]+@[^@<>|\s]+\.[^@<>|\s]+)>?$`)

func isAddress(w Word) bool { return w.User == "" && address.MatchString(w.Text) }

// byMail links a contact who is not in Slack.
func byMail(ctx context.Context, env Env, inv Invocation, verb Word, words []Word) (Reply, error) {
	i := slices.IndexFunc(words, isAddress)
	who := address.FindStringSubmatch(words[i].Text)[1]
	c, err := env.find(ctx, inv.Origin, slices.Delete(slices.Clone(words), i, i+1))
	if err != nil {
		return Reply{}, err
	}
	if verb.is("unlink") {
		if err := env.Approvals.UnlinkContactByMail(ctx, inv.Origin, c.Tenant, who); err != nil {
			return Reply{}, err
		}
		return say(messages.Reply(fmt.Sprintf("%s can no longer decide for %s. Access that was given stays until its end.", who, c.Name))), nil
	}
	if err := env.Approvals.LinkContactByMail(ctx, inv.Origin, c.Tenant, who); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"%s is linked as a contact of %s, gets a mail, and can decide once they have signed in to its tenant under that name. Contacts of it who are not in Slack get the same mail.", who, c.Name))), nil
}

// takePerson takes the one mention out of the words.
func takePerson(words []Word) (who Word, rest []Word, err error) {
	for _, w := range words {
		switch {
		case w.User == "":
			rest = append(rest, w)
		case who.User != "":
			return who, nil, access.Refuse(access.Invalid, "Mention one person at a time.")
		default:
			who = w
		}
	}
	if who.User == "" {
		return who, nil, access.Refuse(access.Invalid,
			"Mention the person with @ and pick them from the list that Slack offers; a name alone does not say who it is.")
	}
	return who, rest, nil
}
