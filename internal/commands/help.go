package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:     "help",
		Usage:    "help [command or alerts]",
		Short:    "List the commands, or tell more about one.",
		Who:      "everybody in our workspace",
		Examples: []string{"help", "help request", "help alerts"},
		Run:      runHelp,
	})
}

// alertsTopic is what help tells of although it is no command.
const alertsTopic = "alerts"

// aboutAlerts tells what the operators' channel hears by itself, and how soon.
func (e Env) aboutAlerts() messages.CommandView {
	poll := access.FormatDuration(e.Poll)
	soon := "Changes are found by reading Microsoft every " + poll + "."
	if e.PartnerCenter && e.Page != nil {
		soon = "Where Partner Center notifies this bot (`bot partnercenter register`), a change is told within a minute; else, and of who is in a group always, it is found by reading Microsoft every " + poll + "."
	}
	soon += " Where there are more than 5,000 relationships or groups, the assignments and the members are read in turns, what changed first."
	legacy := "Legacy administration (DAP) and the reseller relationship are not watched: Partner Center is not connected."
	if e.PartnerCenter {
		legacy = "Legacy administration (DAP) and the reseller relationship are read one customer a second, each at most once in " + poll + "."
	}
	return messages.CommandView{
		Usage: "help " + alertsTopic, Short: "The operations channel hears when a customer's delegated access changes.",
		Long: []string{
			"Of relationships: new, approved, active, terminated, expired, other roles, another end, ending in 30, 7 and 1 days. Of who is in a group: access that nobody approved, access lost before its end, access that could not be removed, anybody new in AdminAgents, HelpdeskAgents or SalesAgents. Of customers: legacy administration removed or given, the reseller relationship ended.",
			soon, legacy,
			"One subject has one card, which changes with it. “Acknowledge” says that you have looked, “Mute 7 days” silences what is known. More than ten new alerts at once become one card, with a table of them.",
		},
		Who: "bot admins act on the cards; everybody in the channel reads them",
	}
}

func runHelp(_ context.Context, env Env, inv Invocation) (Reply, error) {
	topic, _ := firstWord(inv.Text)
	if topic == "" {
		var common, rare []messages.CommandView
		for _, c := range Commands() {
			if c.Rare {
				rare = append(rare, c.Help())
				continue
			}
			common = append(common, c.Help())
		}
		return say(messages.Help(common, rare)), nil
	}
	if topic == alertsTopic {
		return say(messages.HelpTopic(env.aboutAlerts())), nil
	}
	c, ok := commandsByName[topic]
	if !ok {
		return Reply{}, unknownVerb(topic)
	}
	return say(messages.HelpTopic(c.Help())), nil
}
