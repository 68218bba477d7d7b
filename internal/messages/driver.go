package messages

import "latchkey/internal/access"

// inForce says until when access is in force, and who ends it.
func (in tongue) inForce(g access.Grant) saying {
	if g.Enforced() {
		return in.saying("*In force until %s*, then Microsoft Entra itself ends it, even while this bot is not running. Checked in Microsoft Entra on %s.", g.ExpiresAt, g.ActiveAt)
	}
	return in.saying("*In force until %s*, then it ends by itself. Checked in Microsoft Entra on %s.", g.ExpiresAt, g.ActiveAt)
}

// unenforced says why Entra does not end the access, although that was meant; of
// other access nothing.
func (in tongue) unenforced(fellBack access.FallBack) string {
	switch fellBack {
	case "":
		return ""
	case access.NoLicence:
		return in.Say("Microsoft Entra does not enforce the end itself, as was meant: the partner has no licence for that. This bot ends it, as long as it is running.")
	case access.NoPermission:
		return in.Say("Microsoft Entra does not enforce the end itself, as was meant: the partner has not allowed this bot to ask for that. It ends the access, as long as it is running.")
	case access.TooShort:
		return in.Say("Microsoft Entra does not enforce the end itself, as was meant: it does so only for access of 5 minutes and more. This bot ends it, as long as it is running.")
	case access.HeldWithout:
		return in.Say("Microsoft Entra does not enforce the end itself, as was meant: the same access was there already, without such an end. This bot ends it, as long as it is running.")
	case access.NotAccepted:
	}
	return in.Say("Microsoft Entra does not enforce the end itself, as was meant: it refused to. This bot ends the access, as long as it is running.")
}
