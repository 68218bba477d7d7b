package doctor

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// soon is how long before its end a credential is warned of.
const soon = 30 * 24 * time.Hour

// key is a secret or a certificate of the app, as Entra tells of it: never the secret
// itself, but its first characters.
type key struct {
	Hint string
	End  time.Time `json:"endDateTime"`
}

// proof looks by what the app proves who it is, and until when it can.
func proof(ctx context.Context, f *facts) []Finding {
	const better = "Use workload identity (ENTRA_FEDERATED_TOKEN_FILE) or a certificate (ENTRA_CERTIFICATE_FILE), as step 3 of the README's chapter on Entra says, and remove the secret: Entra admin center → App registrations → the app → Certificates & secrets."
	secrets, certificates := f.keys(ctx)
	switch {
	case f.Config.EntraFederatedTokenFile != "":
		return []Finding{good("The app proves who it is by workload identity: nothing is kept here that lasts.")}
	case f.Config.EntraCertificateFile != "":
		return []Finding{f.ending("certificate", certificates, good("The app proves who it is by a certificate, whose key never leaves this machine."))}
	}
	begins := func(k key) bool {
		return k.Hint != "" && strings.HasPrefix(f.Config.EntraClientSecret.Reveal(), k.Hint)
	}
	if own := slices.DeleteFunc(slices.Clone(secrets), func(k key) bool { return !begins(k) }); len(own) > 0 {
		secrets = own
	}
	const held = "The app proves who it is by a client secret, which is sent with every sign-in, and which whoever has read it once can use from anywhere until it ends"
	if end, ok := last(secrets); ok {
		return []Finding{warn(better, held+": %s.", end.Format("2 January 2006"))}
	}
	return []Finding{warn(better, held+". When that is could not be read.")}
}

// ending warns where the last of the keys ends soon.
func (f *facts) ending(what string, keys []key, otherwise Finding) Finding {
	end, ok := last(keys)
	if !ok || end.After(f.Now().Add(soon)) {
		return otherwise
	}
	return warn("Make a new one and put it beside the old one before that day: Entra admin center → App registrations → the app → Certificates & secrets.",
		"The app's %s ends on %s: from then on the bot can neither give access nor take it away.", what, end.Format("2 January 2006"))
}

// last is when the last of the keys ends.
func last(keys []key) (end time.Time, ok bool) {
	for _, k := range keys {
		if k.End.After(end) {
			end = k.End
		}
	}
	return end, !end.IsZero()
}

// keys are what Entra knows of the app's credentials; nothing where it does not tell.
func (f *facts) keys(ctx context.Context) (secrets, certificates []key) {
	a, err := f.graph(ctx, http.MethodGet, "/applications"+filter("appId eq '"+f.Config.EntraClientID+"'", "$select", "id,passwordCredentials,keyCredentials"), "")
	var v struct {
		Value []struct {
			PasswordCredentials, KeyCredentials []key
		}
	}
	if err != nil || a.status != http.StatusOK || !a.into(&v) || len(v.Value) == 0 {
		return nil, nil
	}
	return v.Value[0].PasswordCredentials, v.Value[0].KeyCredentials
}
