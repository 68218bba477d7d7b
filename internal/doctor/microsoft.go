package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"latchkey/internal/signin"
)

// token is one of the application's for Graph.
type token struct {
	raw   string
	roles []string // the permissions that it carries
	read  bool     // it could be read
}

// signIn gets a token. Microsoft promises nothing of what is in one for Graph, so what
// cannot be read is not known, and nothing worse.
func (f *facts) signIn(ctx context.Context) (token, error) { return tokenBy(ctx, f.Token) }

func tokenBy(ctx context.Context, get func(context.Context) (string, error)) (token, error) {
	raw, err := get(ctx)
	if err != nil {
		return token{}, err
	}
	t := token{raw: raw}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return t, nil
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return t, nil
	}
	var v struct {
		Tid   string
		Roles []string
	}
	t.read = json.Unmarshal(claims, &v) == nil && v.Tid != ""
	t.roles = v.Roles
	return t, nil
}

func credential(_ context.Context, f *facts) []Finding {
	_, err := f.token()
	if err == nil {
		return []Finding{good("Microsoft Entra gives the application %s tokens in the tenant %s.", f.Config.EntraClientID, f.Config.EntraTenantID)}
	}
	if e, ok := signin.Application(err.Error()); ok {
		if e.What == "" {
			return []Finding{fail("Look it up at login.microsoftonline.com/error, and in Entra admin center → Sign-in logs → Service principal sign-ins.", "Microsoft Entra turns the application away (%s).", e.Code)}
		}
		return []Finding{fail(e.Next[0], "Microsoft Entra turns the application away: %s (%s)", e.What, e.Code)}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return []Finding{fail("Let this machine reach login.microsoftonline.com over HTTPS: look at its firewall, its proxy (HTTPS_PROXY) and its DNS.", "Microsoft Entra did not answer in time.")}
	}
	return []Finding{fail("Let this machine reach login.microsoftonline.com over HTTPS; with a certificate, look whether the file has it and its private key.", "No token was got from Microsoft Entra, which gave no reason that has a number.")}
}

// partnerAdministration is Microsoft's own application by which relationships are written
// to without a signed-in user.
const partnerAdministration = "2832473f-ec63-45fb-976f-5d45a7d4bb91"

func administration(ctx context.Context, f *facts) []Finding {
	a, err := f.graph(ctx, http.MethodGet, "/servicePrincipals"+filter("appId eq '"+partnerAdministration+"'", "$select", "id,appId,accountEnabled"), "")
	var v struct {
		Value *[]struct{ AccountEnabled *bool }
	}
	const look = "Look for it: Entra admin center → Enterprise applications, all applications, Application ID " + partnerAdministration + "."
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.status != http.StatusOK || !a.into(&v) || v.Value == nil:
		return []Finding{notKnown(look, "Whether the service principal of Partner Customer Delegated Administration is in your tenant was not told (%s).", a.said())}
	case len(*v.Value) == 0:
		return []Finding{fail("Create it once, as an admin: az ad sp create --id "+partnerAdministration, "The service principal of Partner Customer Delegated Administration (%s) is not in your tenant: the bot can give nobody access.", partnerAdministration)}
	case (*v.Value)[0].AccountEnabled != nil && !*(*v.Value)[0].AccountEnabled:
		return []Finding{fail("Enable it: Entra admin center → Enterprise applications → its name → Properties → Enabled for users to sign-in.", "The service principal of Partner Customer Delegated Administration is disabled.")}
	}
	return []Finding{good("The service principal of Partner Customer Delegated Administration is in your tenant.")}
}

func relationships(ctx context.Context, f *facts) []Finding {
	a, err := f.graph(ctx, http.MethodGet, "/tenantRelationships/delegatedAdminRelationships", "")
	var v struct{ Value *[]struct{ Status string } }
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.status == http.StatusForbidden:
		return []Finding{fail(grant("DelegatedAdminRelationship.ReadWrite.All"), "Relationships (GDAP) cannot be read (%s): the permission is missing, or ENTRA_TENANT_ID is not a partner's tenant.", a.said())}
	case a.status != http.StatusOK || !a.into(&v) || v.Value == nil:
		return []Finding{notKnown("Run it again in a minute.", "Whether relationships (GDAP) can be read was not told (%s).", a.said())}
	}
	active := len(slices.DeleteFunc(*v.Value, func(r struct{ Status string }) bool { return r.Status != "active" }))
	if active == 0 {
		return []Finding{warn("Ask a customer for one: /access relationship request, or in Partner Center.", "Relationships (GDAP) can be read, and on the first page of the list none is active: nobody can be given access yet.")}
	}
	return []Finding{good("Relationships (GDAP) can be read; there are active ones.")}
}

// schedules asks for the schedules of a group that is not there, which every tenant that
// may use PIM for Groups answers with none.
func schedules(ctx context.Context, f *facts) []Finding {
	const nowhere = "00000000-0000-4000-8000-000000000000"
	a, err := f.graph(ctx, http.MethodGet, "/identityGovernance/privilegedAccess/group/assignmentSchedules"+filter("groupId eq '"+nowhere+"'"), "")
	const without = "customers with driver: pim get plain memberships, which only the bot ends"
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.status == http.StatusOK, a.status == http.StatusNotFound: // the group alone is not there
		return []Finding{good("PIM for Groups answers.")}
	case a.status == http.StatusForbidden && f.Config.EntraAdministrativeUnit != "":
		return []Finding{fail("Take driver: pim out of policy.yml: its permission reaches every group, so it does not go with an administrative unit.", "PIM for Groups does not let the bot in (%s): %s.", a.said(), without)}
	case a.status == http.StatusForbidden:
		return []Finding{fail(grant("PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"), "PIM for Groups does not let the bot in (%s): %s.", a.said(), without)}
	case a.code() == "AadPremiumLicenseRequired":
		return []Finding{fail("Buy Microsoft Entra ID P2 or ID Governance, or take driver: pim out of policy.yml.", "Your tenant has no licence for PIM for Groups: %s.", without)}
	}
	return []Finding{notKnown("Run it again in a minute; look in Entra admin center → Identity Governance → Privileged Identity Management → Groups.", "Whether PIM for Groups can be used was not told (%s).", a.said())}
}
