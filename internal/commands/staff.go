package commands

import (
	"context"
	"fmt"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "staff",
		Usage: "staff link|unlink|list [@person] [sign-in name]",
		Short: "Say which Microsoft Entra user a colleague is.",
		Long: []string{
			"Access is given to the Entra user that a person is linked to. Nobody can ask for access before that.",
			"Unlinking ends all access of the person and withdraws their requests.",
		},
		Who:      "bot admins",
		Examples: []string{"staff link @Ana ana@fabrikam.example", "staff unlink @Ana", "staff list"},
		Run:      runStaff,
	})
}

func runStaff(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 {
		return Reply{}, access.Refuse(access.Invalid, "Say what to do, as in `/access staff link @person person@your-domain`.")
	}
	verb, words := words[0], words[1:]
	switch {
	case verb.is("list"):
		staff, err := env.Approvals.Staff(ctx, inv.Origin)
		if err != nil {
			return Reply{}, err
		}
		return say(messages.Staff(staff)), nil
	case verb.is("link"):
		return linkStaff(ctx, env, inv, words)
	case verb.is("unlink"):
		who, _, err := takePerson(words)
		if err != nil {
			return Reply{}, err
		}
		if err := env.Approvals.UnlinkStaff(ctx, inv.Origin, who.User); err != nil {
			return Reply{}, err
		}
		return say(messages.Reply(fmt.Sprintf("<@%s> is no longer linked. Their access is being removed and their requests were withdrawn.", who.User))), nil
	}
	return Reply{}, access.Refuse(access.Invalid, "“%s” is not something to do with staff: use `link`, `unlink` or `list`.", short(verb.Text))
}

func linkStaff(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	who, rest, err := takePerson(words)
	if err != nil {
		return Reply{}, err
	}
	if len(rest) != 1 {
		return Reply{}, access.Refuse(access.Invalid, "Give one sign-in name after the person, as in `/access staff link @person person@your-domain`.")
	}
	upn := rest[0].Text
	person := access.Person{Team: env.Team, User: who.User, Name: strings.TrimPrefix(who.Text, "@")}
	if person.Name == string(who.User) { // Slack gave no name
		person.Name = ""
	}
	if err := env.Approvals.LinkStaff(ctx, inv.Origin, person, upn); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf("Microsoft Entra is being asked for %s. You hear from me when <@%s> is linked.", upn, who.User))), nil
}
