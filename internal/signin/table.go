package signin

const (
	askToExclude = "Our technicians reach your tenant as what Microsoft Entra calls “service provider users”. A Conditional Access policy of yours turns them away. " +
		"Please find that policy in the Entra admin center (the sign-in log names it, under Conditional Access) and, " +
		"under Users → Exclude → Guest or external users, choose “Service provider users” with our organisation, " +
		"or leave them in and require what our people can fulfil, such as multifactor authentication. " +
		"Your other policies need not change."
	askForTrust = "A Conditional Access policy of yours asks for a managed device. Devices of service providers are managed in their own tenant, so yours does not know them. " +
		"Please either trust our devices (Entra admin center → External Identities → Cross-tenant access settings → our organisation → Inbound access → Trust settings), " +
		"or exclude “Service provider users” of our organisation from that policy and require multifactor authentication of them instead."
	askForConsent = "The app that our people use with your tenant is not approved there (any more). " +
		"Please look under Entra admin center → Enterprise applications → its name, and grant admin consent, or tell us that it is no longer wanted."

	openAgain = "Close the customer's admin centers, sign out, and open them again from Partner Center or from the link of the service, not from a bookmark."
)

// table is in the order in which delegated admins meet them.
var table = []Error{
	{
		Code: "AADSTS53003", Whose: Customer,
		What: "The customer's Conditional Access blocked the sign-in. Delegated admins (GDAP) come as “service provider users”, a kind of external user, and a policy for all users or all guests meets them too.",
		Next: []string{
			"Ask the customer's admin for the setting “Service provider users”: the text below says where it is.",
			"The customer sees the blocked sign-in, and which policy did it, under Sign-in logs → Conditional Access.",
		},
		Ask: askToExclude,
	},
	{
		Code: "AADSTS530032", Whose: Customer,
		What: "A security policy of the customer blocked the sign-in.",
		Next: []string{"Ask the customer's admin which policy it was: the sign-in log names it."},
		Ask:  askToExclude,
	},
	{
		Code: "AADSTS53000", Whose: Customer,
		What: "The customer's Conditional Access wants a device that complies with its rules, and it cannot know that yours does.",
		Next: []string{"Use a device that your own tenant manages, then ask the customer to trust your tenant's devices or to exclude you from that policy."},
		Ask:  askForTrust,
	},
	{
		Code: "AADSTS53001", Whose: Customer,
		What: "The customer's Conditional Access wants a device that is joined to a domain, and it cannot know that yours is.",
		Next: []string{"Use a device that your own tenant manages, then ask the customer to trust your tenant's devices or to exclude you from that policy."},
		Ask:  askForTrust,
	},
	{
		Code: "AADSTS50020", Whose: Partner,
		What: "The tenant does not know the account. A delegated admin has no account there: the way in is a group with roles on a relationship that is active. A guest account of the same person in the customer's tenant stands in the way, too.",
		Next: []string{
			"Ask for access, or look with `/access why`, the person and the customer, which way is open.",
			"If the access is new, wait some minutes and sign in again.",
			"If the person is a guest in the customer's tenant, have the customer remove the guest account.",
		},
	},
	{
		Code: "AADSTS50177", Whose: Partner,
		What: "The tenant takes nobody from outside whom it does not know as a guest, and delegated access was not found.",
		Next: []string{
			"Ask for access, or look with `/access why`, the person and the customer, which way is open.",
			"If the person is a guest in the customer's tenant, have the customer remove the guest account.",
		},
	},
	{
		Code: "AADSTS90072", Whose: Partner,
		What: "The account was signed in with another organisation's tenant, and does not exist in this one.",
		Next: []string{openAgain, "Sign in with the account of your own (partner) tenant."},
	},
	{
		Code: "AADSTS50076", Whose: Partner,
		What: "Multifactor authentication is demanded and was not done.",
		Next: []string{openAgain, "Complete multifactor authentication with your own tenant's account. Microsoft demands it of every partner."},
	},
	{
		Code: "AADSTS50079", Whose: Partner,
		What: "Multifactor authentication is demanded and the account has none set up.",
		Next: []string{"Set it up for your own tenant's account at aka.ms/mfasetup, then sign in again."},
	},
	{
		Code: "AADSTS50158", Whose: Partner,
		What: "A further check outside of Entra is demanded and was not done.",
		Next: []string{openAgain, "Complete the check that your own tenant shows."},
	},
	{
		Code: "AADSTS65001", Whose: Customer,
		What: "The app has no consent in the customer's tenant, or it was taken back.",
		Next: []string{"Ask the customer's admin to consent again, if the app is still wanted."},
		Ask:  askForConsent,
	},
	{
		Code: "AADSTS700016", Whose: Customer,
		What: "The customer's tenant does not know the app: nobody has consented to it there, or it was removed.",
		Next: []string{"Ask the customer's admin to consent, if the app is wanted."},
		Ask:  askForConsent,
	},
	{
		Code: "AADSTS700082", Whose: Partner,
		What: "The sign-in that a tool kept for you is too old and was not used for 90 days.",
		Next: []string{"Sign in to that tool again, with multifactor authentication."},
	},
	{
		Code: "AADSTS50173", Whose: Partner,
		What: "The sign-in that a tool kept for you ended when the password was changed or the sessions were revoked.",
		Next: []string{"Sign in to that tool again, with multifactor authentication."},
	},
	{
		Code: "AADSTS50057", Whose: Partner,
		What: "The account is disabled in your own tenant.",
		Next: []string{"Ask an admin of your own tenant whether it should be."},
	},
	{
		Code: "AADSTS50105", Whose: Partner,
		What: "The app is only for people whom an admin has assigned to it.",
		Next: []string{"Ask who manages the app to assign the person."},
	},
	{
		Code: "AADSTS900309", Whose: Customer,
		What: "The customer's Conditional Access blocked the sign-in.",
		Next: []string{"Ask the customer's admin for the setting “Service provider users”: the text below says where it is."},
		Ask:  askToExclude,
	},
}
