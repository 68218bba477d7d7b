package messages

// ImpactView is a customer whose delegated admin ends or has ended.
type ImpactView struct {
	Customer string
	Gone     bool       // it has ended already
	Grants   []CardView // that are not over, and end with it
	Provided bool       // an indirect provider is between us and the customer
}

// The parts of what the removal of delegated admin means. Each line is one fact,
// for people who have to decide or to explain it.
var (
	impactStays = []string{
		"The reseller relationship, and with it orders, renewals, software keys, reservations and Azure plans.",
		"Licences and subscriptions: see them, buy more or fewer, suspend them.",
		"Access that never came through it: guest and local accounts in the customer's tenant, apps the customer consented to, a partner link (PAL). Who wants these gone must remove them one by one.",
	}
	impactStops = []string{
		"Administering the tenant: every admin center opened in the customer's name.",
		"Opening support tickets in the customer's name.",
		"Seeing the customer's users and assigning licences to them.",
		"Seeing upgrades and the state of provisioning, and the company's address and domains in Partner Center.",
		"Managing Azure from Partner Center. The Azure roles themselves stay until somebody removes them.",
	}
	impactBelieved = []string{
		"“We lose the partner earned credit.” Not by this: it hangs on an Azure role that counts for it, such as Owner or Contributor and not Reader. It is lost when that Azure role goes; roles of Entra, DAP and GDAP never count.",
		"“It ends this second.” Sign-ins that were given out before can live on for up to about an hour.",
		"“We can revive it.” One that has ended or expired stays so.",
	}
	impactInstead = []string{
		"Azure: Azure Lighthouse, or guest accounts with an Azure role. A partner link (PAL) says that the work is yours, and the credit can hang on it.",
		"A few people, for some time: guest accounts, which the customer makes and removes. A guest account of somebody stands in the way of their GDAP access, so have it removed before you go back.",
		"The customer's own admins, with you on the call.",
	}
	impactProvider = []string{
		"The customer opens the Microsoft 365 admin center as a Global Administrator, then Settings, Partner relationships, chooses the provider and not you, and ends the roles or relationships that it holds.",
		"Your own relationships stay, those too that the provider made for you: they are with your tenant. So does who the customer buys from, with all orders and subscriptions.",
	}
	impactAgain = []string{
		"Make a new GDAP relationship with the few roles the work needs, and send its link to the customer. A Global Administrator, or a Customer Delegated Admin Relationship Administrator, approves it in the Microsoft 365 admin center within 90 days.",
		"Legacy DAP cannot be asked for any more.",
		"For Azure the group needs a role of Entra in the relationship (Directory Readers at least) and its Azure role: arrange that before the old access goes.",
	}
)

// Impact explains what the removal of delegated admin means for the partner: what
// goes on, what stops, what is wrongly believed, what can be done instead and how
// to ask again. It is the same for everybody; the customer's open grants are
// named, since they end with it.
func Impact(v ImpactView) Message {
	p := &page{}
	title, text := "If delegated admin ends: ", "If delegated admin of %s ends:"
	if v.Gone {
		title, text = "Delegated admin has ended: ", "Delegated admin of %s has ended:"
	}
	p.header(title + orElse(line(v.Customer, maxName), "(no name)"))
	p.say(text, name(v.Customer))
	p.impactGrants(v)
	p.points("✅ *What goes on*", "What goes on:", impactStays)
	p.points("⛔ *What stops*", "What stops:", impactStops)
	p.points("🤔 *What is often believed*", "What is often believed:", impactBelieved)
	p.points("↪️ *What can be done instead*", "What can be done instead:", impactInstead)
	if v.Provided {
		p.points("🏢 *How the customer removes only the indirect provider*", "How the customer removes only the indirect provider:", impactProvider)
	}
	p.points("🔁 *How to ask again*", "How to ask again:", impactAgain)
	p.contextBoth("This holds when nothing is left. While another relationship with the customer is active, its roles go on: " + code("/access list") + " shows them.")
	return p.message()
}

func (p *page) impactGrants(v ImpactView) {
	if len(v.Grants) == 0 {
		p.both("Nobody has access through this bot right now, so no open work is cut off.")
		return
	}
	title := "*Access that ends with it*"
	if v.Gone {
		title = "*Access that it cuts off*"
	}
	p.grantList(title, "Open access that it cuts off:", v.Grants, forWhat)
}

func (p *page) points(title, aloud string, points []string) {
	lines := []string{title}
	p.say("%s", aloud)
	for _, l := range points {
		lines = append(lines, "• "+l)
		p.say("%s", l)
	}
	p.section(lines...)
}
