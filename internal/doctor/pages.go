package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

// brand is what each page of the bot has.
var brand = []byte(`<p class="brand">Latchkey</p>`)

// publicAddress looks whether the bot's pages are reached under PUBLIC_URL. Who looks
// from inside a network may not see what is seen from outside, so not to reach them is a
// warning; to reach something else is not.
func publicAddress(ctx context.Context, f *facts) []Finding {
	var paths []string
	if f.Config.ReaderClientID != "" {
		paths = append(paths, "/letin", "/requests/doctor")
	}
	if f.Config.PartnerCenter == "on" {
		paths = append(paths, "/signin/doctor")
	}
	if len(paths) == 0 {
		return []Finding{warn("Set READER_CLIENT_ID, or PARTNER_CENTER=on; or take PUBLIC_URL away.", "PUBLIC_URL is set, but no page is served without READER_CLIENT_ID or PARTNER_CENTER=on.")}
	}
	var out []Finding
	for _, path := range paths {
		if problem := f.page(ctx, path); problem != nil {
			out = append(out, *problem)
			if problem.State == Warning {
				break // the others are where this one is
			}
		}
	}
	if len(out) == 0 {
		out = append(out, good("The bot's pages answer at %s.", f.Config.PublicURL))
	}
	if strings.HasPrefix(f.Config.PublicURL, "http://") {
		out = append(out, warn("Put a proxy with TLS before the bot, and set PUBLIC_URL to its https address.", "PUBLIC_URL begins with http://, which is for trying on this machine alone."))
	}
	return out
}

func (f *facts) page(ctx context.Context, path string) *Finding {
	at := f.Config.PublicURL + path
	found := func(g Finding) *Finding { return &g }
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return found(fail("Set PUBLIC_URL as in https://latchkey.example.com.", "PUBLIC_URL is no address."))
	}
	a, err := send(f.Pages, r)
	const outside = "Open the address from outside of your network while the bot runs; look at the name in DNS, the firewall, and the proxy before the bot."
	bad, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted:
		return found(fail("Give the proxy before the bot a certificate for that name from an authority that browsers know.", "%s: the certificate is not one that browsers take (%v).", at, bad.Err))
	case err != nil:
		return found(warn(outside, "%s could not be reached from this machine, which may be a firewall; or the bot does not run.", at))
	case bytes.Contains(a.body, brand):
		return nil
	case a.status == http.StatusBadGateway || a.status == http.StatusServiceUnavailable || a.status == http.StatusGatewayTimeout:
		return found(warn("Start the bot, and run bot doctor again; the proxy must pass requests on to LISTEN_ADDR.", "%s: a proxy answers %d, but not the bot behind it; or the bot does not run.", at, a.status))
	}
	return found(fail("Have the proxy pass on "+path[:strings.LastIndex(path, "/")+1]+" to LISTEN_ADDR, and look whether PUBLIC_URL is this bot's address.", "%s answers %d with something that is not this bot's page.", at, a.status))
}

// redirects says what must be registered. What is registered the bot may not know.
func redirects(_ context.Context, f *facts) []Finding {
	var out []Finding
	say := func(app string, paths ...string) {
		var all []string
		for _, p := range paths {
			all = append(all, f.Config.PublicURL+p)
		}
		out = append(out, notKnown("Look there: Entra admin center → App registrations → that app → Authentication → Web → Redirect URIs.",
			"On the app registration %s there must be, as redirect addresses of the platform Web: %s. Whether they are there cannot be read.", app, strings.Join(all, " and ")))
	}
	if f.Config.PartnerCenter == "on" {
		say(f.Config.EntraClientID, "/signin/callback")
	}
	if f.Config.ReaderClientID != "" {
		say(f.Config.ReaderClientID, "/letin", "/contacts/callback")
	}
	if len(out) == 0 {
		out = append(out, Finding{State: Skipped, What: "Nobody signs in to a page of the bot."})
	}
	return out
}

// signedIn says what nobody can approve because there is no page to sign in on.
func signedIn(_ context.Context, f *facts) []Finding {
	p, err := f.policy()
	if err != nil {
		return nil // unreachable: the check needs it
	}
	page := f.Config.PublicURL != "" && f.Config.ReaderClientID != ""
	needing := needSignIn(p)
	var out []Finding
	if len(needing) > 0 && !page {
		out = append(out, warn("Do steps 6 and 7 of the README's chapter on Entra: set PUBLIC_URL and READER_CLIENT_ID.",
			"Without PUBLIC_URL and READER_CLIENT_ID no contact can sign in, so requests for these are refused: %s.", strings.Join(needing, "; ")))
	}
	far := 0
	for _, c := range p.Customers {
		if c.Channel == "" {
			far++
		}
	}
	if far > 0 && (!page || f.Config.MailFrom == "") {
		out = append(out, warn("Set MAIL_FROM, PUBLIC_URL and READER_CLIENT_ID (steps 6 to 8 of the README's chapter on Entra), or give these customers a channel.",
			"%s no channel in policy.yml, and without MAIL_FROM and a page to sign in on their contacts can be asked nothing.", have(far, "customer")))
	}
	switch {
	case len(out) > 0:
	case page:
		out = append(out, good("Contacts can sign in to approve."))
	default:
		out = append(out, good("Nothing in policy.yml needs a signed-in decision."))
	}
	return out
}

// needSignIn names what of the policy is approved after a sign-in only.
func needSignIn(p *policy.Policy) []string {
	var out []string
	for _, b := range p.Bundles {
		if risky := roles.PrivilegedOf(b.Roles); len(risky) > 0 {
			out = append(out, fmt.Sprintf("the bundle %s (%s)", b.Name, roles.Name(risky[0])))
		}
	}
	for _, r := range append(append([]policy.Rule(nil), p.Rules...), p.Rule) {
		if r.SignedIn {
			out = append(out, "what the rule "+r.Name+" decides")
		}
		if r.OtherRoles {
			out = append(out, "other privileged roles, which the rule "+r.Name+" lets be asked for")
		}
	}
	return out
}

func partnerCenter(ctx context.Context, f *facts) []Finding {
	status, err := f.PartnerCenter(ctx)
	switch {
	case err == nil:
		return []Finding{good("Partner Center lets the app in.")}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return []Finding{fail("Register the app there: Partner Center → Account settings → App management; or set PARTNER_CENTER=off. Indirect resellers have no access to its API.", "Partner Center does not let the app in (%d).", status)}
	case status == 0:
		return []Finding{notKnown("Let this machine reach api.partnercenter.microsoft.com over HTTPS, and run it again.", "Partner Center did not answer.")}
	}
	return []Finding{notKnown("Run it again in a minute.", "Whether Partner Center lets the app in was not told (%d).", status)}
}
